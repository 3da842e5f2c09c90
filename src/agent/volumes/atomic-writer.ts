import { createHash } from 'node:crypto';
import { chown, mkdir, readdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import type { Payload } from './payload.ts';

const DATA = '..data';

/**
 * Writes a volume's files so that a reader sees all of the old or all of the new ones (pkg/volume/util/atomic_writer.go):
 * files live in a hidden folder, `..data` points at it, and visible names point through `..data`.
 * Returns whether anything changed.
 */
export async function writePayload(directory: string, payload: Payload, gid?: number): Promise<boolean> {
  await mkdir(directory, { recursive: true, mode: 0o755 });
  const version = `..${digest(payload)}`;
  const current = await readlink(join(directory, DATA)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (current === version) return false;
  const folder = join(directory, version);
  for (const [path, { content, mode, owner }] of payload) {
    const file = join(folder, inside(path));
    await mkdir(dirname(file), { recursive: true, mode: 0o755 });
    // Group readable when the volume belongs to a group (SetVolumeOwnership).
    await writeFile(file, content, { mode: gid === undefined ? mode : mode | 0o440 });
    if (gid !== undefined || owner !== undefined) await chown(file, owner ?? -1, gid ?? -1);
  }
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const pointer = join(directory, '..data_tmp');
  await rm(pointer, { force: true });
  await symlink(version, pointer);
  await rename(pointer, join(directory, DATA));
  await linkNames(directory, payload);
  if (current) await rm(join(directory, current), { recursive: true, force: true });
  return true;
}

/** Visible names: the first part of each path. */
async function linkNames(directory: string, payload: Payload): Promise<void> {
  const wanted = new Set([...payload.keys()].map((path) => inside(path).split('/')[0] ?? path));
  const present = new Set((await readdir(directory)).filter((name) => !name.startsWith('..')));
  for (const name of present) if (!wanted.has(name)) await rm(join(directory, name), { recursive: true, force: true });
  for (const name of wanted) if (!present.has(name)) await symlink(join(DATA, name), join(directory, name));
}

/** The path with every `..` resolved within the volume. */
const inside = (path: string): string => normalize(join('/', path)).slice(1);

function digest(payload: Payload): string {
  const hash = createHash('sha256');
  for (const [path, { content, mode, owner = '' }] of [...payload].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${path}\0${mode}\0${owner}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex').slice(0, 20);
}
