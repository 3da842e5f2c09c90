import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** One file of the history: what was recorded from its start to the next one's. */
export interface Segment {
  name: string;
  /** Milliseconds since the epoch, as in its name. */
  startMs: number;
  bytes: number;
}

export interface HistoryBounds {
  /** A segment that has grown to this is followed by a new one. */
  segmentBytes: number;
  /** A segment begun so long ago is followed by a new one. */
  segmentMs: number;
  /** All segments together stay under this, save by the one being written. */
  totalBytes: number;
  keepMs: number;
}

export const HISTORY_BOUNDS: HistoryBounds = {
  segmentBytes: 4 * 1024 * 1024,
  segmentMs: 24 * 3600_000,
  totalBytes: 64 * 1024 * 1024,
  keepMs: 7 * 24 * 3600_000,
};

const NAME = /^events-(\d{13})\.jsonl$/;
export const segmentName = (startMs: number): string => `events-${String(startMs).padStart(13, '0')}.jsonl`;

/** The segments of a directory, oldest first; none when it is absent. */
export async function listSegments(dir: string): Promise<Segment[]> {
  const names = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const segments: Segment[] = [];
  for (const name of names.sort()) {
    const start = NAME.exec(name)?.[1];
    if (start !== undefined) segments.push({ name, startMs: Number(start), bytes: (await stat(join(dir, name))).size });
  }
  return segments;
}

/** Which segments are to go: the oldest that are too old as a whole, or too much together. Never the last, which is written to. */
export function outOfBounds(segments: readonly Segment[], nowMs: number, bounds: HistoryBounds): Segment[] {
  let total = segments.reduce((sum, { bytes }) => sum + bytes, 0);
  const gone: Segment[] = [];
  for (const [index, segment] of segments.entries()) {
    const next = segments[index + 1];
    if (!next || (total <= bounds.totalBytes && nowMs - next.startMs <= bounds.keepMs)) break;
    gone.push(segment);
    total -= segment.bytes;
  }
  return gone;
}

/** Removes what is out of bounds. */
export async function trimSegments(dir: string, nowMs: number, bounds: HistoryBounds): Promise<void> {
  for (const { name } of outOfBounds(await listSegments(dir), nowMs, bounds))
    await rm(join(dir, name), { force: true });
}
