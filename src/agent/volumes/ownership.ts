import { chmod, lchown, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** What the group gets of every file and, with the right to enter and to hand the group on, of every folder. */
const FILE_BITS = 0o660;
const FOLDER_BITS = 0o2770;

/**
 * Gives a volume to the pod's `fsGroup` (pkg/volume/volume_linux.go). `OnRootMismatch` leaves everything as it is when
 * the volume's own folder has the group and the rights already. Links are changed themselves, never what they point at.
 */
export async function giveToGroup(path: string, gid: number, policy: string | undefined): Promise<void> {
  const top = await lstat(path);
  const fits = top.gid === gid && (top.mode & FOLDER_BITS) === FOLDER_BITS;
  if (policy === 'OnRootMismatch' && fits) return;
  await give(path, gid);
}

async function give(path: string, gid: number): Promise<void> {
  const found = await lstat(path);
  if (found.isDirectory()) for (const name of await readdir(path)) await give(join(path, name), gid);
  // The folder last: a walk that was broken off is then seen to be unfinished (OnRootMismatch).
  await lchown(path, found.uid, gid);
  if (found.isSymbolicLink()) return;
  await chmod(path, (found.mode & 0o7777) | (found.isDirectory() ? FOLDER_BITS : FILE_BITS));
}
