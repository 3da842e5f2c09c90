import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Journal segment N holds what came after snapshot N was begun; segment 1 begins with nothing. */
export const segmentName = (number: number): string => `journal-${String(number).padStart(10, '0')}.log`;
/** Snapshot N stands for all segments before N. */
export const snapshotName = (number: number): string => `snapshot-${String(number).padStart(10, '0')}.db`;

/** The numbers of the segments and snapshots in the directory, ascending. */
export async function listFiles(
  dir: string,
): Promise<{ segments: number[]; snapshots: number[]; unfinished: string[] }> {
  const names = await readdir(dir);
  const numbers = (pattern: RegExp): number[] =>
    names
      .flatMap((name) => Number(pattern.exec(name)?.[1] ?? []))
      .filter((number) => number > 0)
      .sort((a, b) => a - b);
  return {
    segments: numbers(/^journal-(\d{10})\.log$/),
    snapshots: numbers(/^snapshot-(\d{10})\.db$/),
    unfinished: names
      .filter((name) => name.startsWith('snapshot-') && name.endsWith('.tmp'))
      .map((name) => join(dir, name)),
  };
}

/** Makes the directory's entries (a new file, a rename) durable. */
export async function syncDirectory(dir: string): Promise<void> {
  // Windows cannot open a directory; NTFS journals its entries itself.
  if (process.platform === 'win32') return;
  const handle = await open(dir, 'r');
  await handle.sync().finally(() => handle.close());
}
