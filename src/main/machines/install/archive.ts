import { pack } from 'tar-stream';

/** One thing to put on a machine; `path` is relative to the folder the archive is unpacked in. */
export type ArchiveEntry =
  | { path: string; directory: true; mode: number; uid: number }
  | { path: string; content: string | Buffer; mode: number; uid: number };

/**
 * A tar of the entries, for Docker's PUT archive. Owner and mode are those of the entry, also for folders that exist;
 * the group is that of the same number, which is the user's own on every common system.
 */
export async function archiveOf(entries: readonly ArchiveEntry[], now: Date): Promise<Buffer> {
  const tar = pack();
  for (const entry of entries) {
    const { path: name, mode, uid } = entry;
    const header = { name, mode, uid, gid: uid, mtime: now };
    if ('directory' in entry) tar.entry({ ...header, type: 'directory' });
    else tar.entry({ ...header, type: 'file' }, entry.content);
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
