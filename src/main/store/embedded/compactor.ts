import { rename, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Low } from 'lowdb';
import type { Logger } from '../../../shared/logger.ts';
import type { Committer } from './committer.ts';
import { listFiles, segmentName, snapshotName } from './files.ts';
import type { Journal } from './journal.ts';
import type { KeyIndex } from '../memory/key-index.ts';
import type { EmbeddedOptions } from './options.ts';
import type { Slot } from '../memory/slot.ts';
import type { Snapshot, SnapshotAdapter } from './snapshot-adapter.ts';

interface Deps {
  dir: string;
  db: Low<Snapshot>;
  adapter: SnapshotAdapter;
  journal: Journal;
  committer: Committer;
  index: KeyIndex;
  log: Logger;
  /** The last committed revision. */
  revision(): number;
}

/** Slots taken from the index at once: a walk that is interrupted by writes finds its place again by key. */
const WALK = 256;

/**
 * Turns the journal into a snapshot, in the background and one at a time: the journal goes on in a new segment, the
 * state is walked in small steps, and files older than the previous snapshot go once the new one has been read back.
 * Two generations stay, so that one damaged snapshot costs nothing.
 */
export class Compactor {
  #running: Promise<boolean> | undefined;
  #retryAtBytes = 0;

  constructor(
    private readonly deps: Deps,
    private readonly options: EmbeddedOptions,
  ) {}

  /** Begins a compaction when the journal has grown enough since the last. */
  consider(): void {
    const { journal, adapter } = this.deps;
    const threshold = Math.max(this.options.compactAfterBytes, adapter.bytes, this.#retryAtBytes);
    if (journal.bytes > threshold) void this.run();
  }

  /** Compacts now, or joins the compaction that runs. False when it failed: that is logged, and the journal still has everything. */
  run(): Promise<boolean> {
    this.#running ??= this.#compact()
      .then(() => true)
      .catch((error: unknown) => {
        this.#retryAtBytes = this.deps.journal.bytes + this.options.compactAfterBytes;
        this.deps.log.warn({ err: error }, 'compaction failed; the journal is kept');
        return false;
      })
      .finally(() => (this.#running = undefined));
    return this.#running;
  }

  /** Resolves when no compaction runs. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #compact(): Promise<void> {
    const { db, journal, committer, index, revision } = this.deps;
    const begun = await committer.exclusively(async () => ({
      number: await journal.rotate(revision()),
      revision: revision(),
      reserved: committer.reserved,
    }));
    const previous = db.data.number;
    const bytesAtStart = journal.bytes;
    db.data = { ...begun, slots: walk(index) };
    try {
      await db.write();
    } catch (error) {
      db.data = { ...db.data, number: previous, slots: [] };
      throw error;
    }
    // The iterator has been used up; lowdb keeps what the next compaction needs.
    db.data = { ...begun, slots: [] };
    journal.forgetBefore();
    this.#retryAtBytes = 0;
    this.options.failpoint('compaction.remove.before');
    await removeOlder(this.deps.dir, previous);
    this.options.failpoint('compaction.remove.after');
    this.deps.log.info(
      { snapshot: begun.number, journalBytes: bytesAtStart, objects: index.size },
      'journal compacted',
    );
  }
}

function* walk(index: KeyIndex): Generator<Slot> {
  let from = '';
  for (;;) {
    const slots: Slot[] = [];
    for (const slot of index.range('', from)) {
      slots.push(slot);
      if (slots.length === WALK) break;
    }
    yield* slots;
    const last = slots.at(-1);
    if (slots.length < WALK || !last) return;
    from = `${last.key}\0`;
  }
}

/** Removes snapshots before `number` and the segments before it: `number` is the previous snapshot, kept with its segments. */
async function removeOlder(dir: string, number: number): Promise<void> {
  const { segments, snapshots } = await listFiles(dir);
  for (const old of snapshots) if (old < number) await rm(join(dir, snapshotName(old)), { force: true });
  for (const old of segments) if (old < number) await rm(join(dir, segmentName(old)), { force: true });
}

/** Moves damaged files to `damaged/`: they may hold what recovery could not read, so they are never deleted by us. */
export async function setAside(dir: string, files: readonly string[]): Promise<void> {
  if (files.length === 0) return;
  await mkdir(join(dir, 'damaged'), { recursive: true, mode: 0o700 });
  for (const file of files) {
    await rename(join(dir, file), join(dir, 'damaged', file)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }
}
