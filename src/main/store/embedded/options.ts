import type { ValueSealer } from '../sealer.ts';

/** Where a test can cut the power: called with one of these names just before or after the step. Throwing makes the step fail (`ack.before` only marks a place). */
export type Failpoint =
  | 'append.before'
  | 'append.after'
  | 'fsync.before'
  | 'fsync.after'
  | 'ack.before'
  | 'rotate.before'
  | 'rotate.after'
  | 'snapshot.write.before'
  | 'snapshot.rename.before'
  | 'snapshot.rename.after'
  | 'compaction.remove.before'
  | 'compaction.remove.after';

export interface EmbeddedOptions {
  /** Events kept for watches and lists at an older revision; whichever bound is met first. */
  windowEvents: number;
  windowBytes: number;
  windowMs: number;
  /** Events a watcher may leave unread before it is ended with CompactedError. */
  watcherBacklog: number;
  /** How long a coalesced write may wait for the disk. */
  coalesceMs: number;
  /** The journal is compacted when it has grown past this and past the last snapshot's size. */
  compactAfterBytes: number;
  failpoint: (name: Failpoint) => void;
  /** Encrypts Secrets on disk; undefined leaves everything readable. */
  sealer: ValueSealer | undefined;
}

export const DEFAULT_OPTIONS: EmbeddedOptions = {
  windowEvents: 50_000,
  windowBytes: 32 * 1024 * 1024,
  windowMs: 10 * 60_000,
  watcherBacklog: 10_000,
  coalesceMs: 1_000,
  compactAfterBytes: 16 * 1024 * 1024,
  failpoint: () => undefined,
  sealer: undefined,
};
