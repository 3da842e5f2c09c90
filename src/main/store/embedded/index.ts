import { mkdir, rm } from 'node:fs/promises';
import { Low } from 'lowdb';
import type { Clock, Logger } from '../../../shared/logger.ts';
import type { Storage } from '../storage.ts';
import { Committer } from './committer.ts';
import { Compactor, setAside } from './compactor.ts';
import { MemoryState } from '../memory/memory-state.ts';
import { EmbeddedStorage } from './embedded-store.ts';
import { listFiles } from './files.ts';
import { Journal } from './journal.ts';
import { lockDirectory } from './lock.ts';
import { DEFAULT_OPTIONS, type EmbeddedOptions } from './options.ts';
import { RecordKind } from './record.ts';
import { recover, type Recovered, type RecoveryReport } from './recovery.ts';
import { SnapshotAdapter, type Snapshot } from './snapshot-adapter.ts';

export { syncDirectory } from './files.ts';
export { lockDirectory, StoreLockedError } from './lock.ts';
export { seedEmbeddedStore } from './seed.ts';
export { WriteFailedError } from '../storage.ts';
export type { RecoveryReport } from './recovery.ts';
export type { EmbeddedOptions, Failpoint } from './options.ts';
export type { ValueSealer } from '../sealer.ts';

/** The embedded store, with what its opening found and a compaction on request. */
export interface EmbeddedStore extends Storage {
  readonly recovery: RecoveryReport;
  /** Compacts the journal into a snapshot now (false: failed and logged); otherwise it happens by itself. */
  compact(): Promise<boolean>;
  /**
   * Writes everything anew, so that nothing on disk is sealed with a key the sealer no longer seals with (files set
   * aside as damaged excepted). Throws when that could not be done; it may then be tried again.
   */
  reseal(): Promise<void>;
}

/**
 * Opens the store in `dir` (made 0700 when absent), recovering whatever the last process left. Throws StoreLockedError
 * when another process has it open. Close it to release the directory.
 */
export async function openEmbeddedStore(deps: {
  dir: string;
  log: Logger;
  clock: Clock;
  options?: Partial<EmbeddedOptions>;
}): Promise<EmbeddedStore> {
  const { dir, log, clock } = deps;
  const options = { ...DEFAULT_OPTIONS, ...deps.options };
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const unlock = await lockDirectory(dir);
  try {
    for (const file of (await listFiles(dir)).unfinished) await rm(file, { force: true });
    const adapter = new SnapshotAdapter(dir, options);
    const db = new Low<Snapshot>(adapter, { number: 1, revision: 0, reserved: 0, slots: [] });
    const recovered = await recover(dir, db, adapter, options.sealer);
    // The slots live in the index now; lowdb keeps only which snapshot is the newest.
    db.data = { ...db.data, slots: [] };
    const journal = await Journal.open(dir, options, recovered.journal);
    const state = new MemoryState(recovered.index, recovered.revision, options, clock);
    const committer = new Committer({ journal, target: state, log, clock }, options, recovered);
    const revision = (): number => state.revision;
    const { index } = recovered;
    const compactor = new Compactor({ dir, db, adapter, journal, committer, index, log, revision }, options);
    const storage = new EmbeddedStorage(
      state,
      committer,
      () => compactor.consider(),
      async () => {
        await compactor.idle();
        try {
          await committer.flush();
          await journal.append([{ kind: RecordKind.clean, revision: state.revision }]);
        } finally {
          committer.stop();
          await journal.close();
          await unlock();
        }
      },
    );
    await repair(dir, recovered, compactor, log);
    const reseal = async (): Promise<void> => {
      // One that runs already may have sealed with the old key; and the snapshot before the newest is kept, so two.
      await compactor.idle();
      for (let generation = 0; generation < 2; generation++)
        if (!(await compactor.run())) throw new Error('the store could not be written anew; the log says why');
    };
    return Object.assign(storage, { recovery: recovered.report, compact: () => compactor.run(), reseal });
  } catch (error) {
    await unlock();
    throw error;
  }
}

/** Says what was found; after damage, writes what was saved into a fresh snapshot and sets the damaged files aside. */
async function repair(dir: string, recovered: Recovered, compactor: Compactor, log: Logger): Promise<void> {
  const { report } = recovered;
  if (report.tornBytes > 0)
    log.info({ bytes: report.tornBytes }, 'cut an unfinished write from the end of the journal');
  const damaged = [...report.rejectedSnapshots, ...report.damage].map(({ file }) => file);
  if (damaged.length === 0) return;
  const { damage, rejectedSnapshots } = report;
  log.error({ damage, rejectedSnapshots }, 'the data directory was damaged; what could be read was kept');
  // Until the new snapshot stands, the damaged files are still where the good records of them are.
  if (await compactor.run()) await setAside(dir, [...new Set(damaged)]);
}
