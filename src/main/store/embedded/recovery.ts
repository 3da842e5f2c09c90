import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Low } from 'lowdb';
import { listFiles, segmentName } from './files.ts';
import { KeyIndex } from '../memory/key-index.ts';
import { RecordKind, type StoredRecord } from './record.ts';
import { scanRecords, type Damage } from './scan.ts';
import { Slot } from '../memory/slot.ts';
import type { Snapshot, SnapshotAdapter } from './snapshot-adapter.ts';
import type { ValueSealer } from '../sealer.ts';
import { opened } from './sealing.ts';

/** What opening found: all zeros and empty lists after an orderly stop. */
export interface RecoveryReport {
  /** The snapshot that was used; 0 when the journal alone was. */
  snapshot: number;
  /** Snapshots that were damaged and passed over. */
  rejectedSnapshots: { file: string; reason: string }[];
  segments: number;
  records: number;
  /** Bytes of an unacknowledged last group that were cut. */
  tornBytes: number;
  /** Acknowledged writes that could not be read. Empty unless a disk or somebody changed the files. */
  damage: Damage[];
  revision: number;
  objects: number;
  durationMs: number;
}

export interface Recovered {
  index: KeyIndex;
  revision: number;
  reserved: number;
  /** Where to go on writing. */
  journal: { segment: number; goodBytes: number; lastGroup: number; bytesBefore: number };
  report: RecoveryReport;
}

/** After damage the highest revisions may be among what is lost: going on this far above keeps revisions from going back. */
const DAMAGE_JUMP = 1_000_000;

/** Rebuilds the state from the newest good snapshot and every journal segment since. */
export async function recover(
  dir: string,
  db: Low<Snapshot>,
  adapter: SnapshotAdapter,
  sealer?: ValueSealer,
): Promise<Recovered> {
  const startedAt = performance.now();
  const { segments } = await listFiles(dir);
  await db.read();
  const base = await chooseBase(db.data, adapter, segments);
  const state = new Replay(base, sealer);
  const damage: Damage[] = [];
  let journal = { segment: base.number, goodBytes: 0, lastGroup: 0, bytesBefore: 0 };
  let records = 0;
  let tornBytes = 0;
  const present = segments.filter((segment) => segment >= base.number);
  let expected = base.number;
  for (const segment of present) {
    const file = segmentName(segment);
    if (segment !== expected) damage.push(missing(segmentName(expected), state.revision, 'the segment is missing'));
    const bytes = await readFile(join(dir, file));
    const scan = scanRecords(file, bytes, segment === present.at(-1), journal.lastGroup);
    for (const record of scan.records) state.apply(record);
    if (segment !== present.at(-1) && scan.records.at(-1)?.kind !== RecordKind.seal && scan.damage.length === 0)
      damage.push(missing(file, state.revision, 'the segment ends early'));
    damage.push(...scan.damage);
    records += scan.records.length;
    tornBytes += scan.tornBytes;
    const bytesBefore = journal.bytesBefore + journal.goodBytes;
    journal = { segment, goodBytes: scan.goodBytes, lastGroup: scan.lastGroup, bytesBefore };
    expected = segment + 1;
  }
  if (present.length === 0 && base.number > 1)
    damage.push(missing(segmentName(base.number), state.revision, 'the segment is missing'));
  const hurt = damage.length > 0 || adapter.rejected.length > 0;
  const revision = Math.max(state.revision, state.reserved) + (hurt ? DAMAGE_JUMP : 0);
  return {
    index: state.index,
    revision,
    reserved: state.reserved,
    journal,
    report: {
      snapshot: base.number > 1 ? base.number : 0,
      rejectedSnapshots: adapter.rejected.map(({ file, message }) => ({ file, reason: message })),
      segments: present.length,
      records,
      tornBytes,
      damage,
      revision,
      objects: state.index.size,
      durationMs: performance.now() - startedAt,
    },
  };
}

/** The snapshot lowdb read; without one, the whole journal if it is all there, else what can be saved of a damaged snapshot. */
async function chooseBase(read: Snapshot, adapter: SnapshotAdapter, segments: number[]): Promise<Snapshot> {
  const salvage = adapter.rejected[0];
  if (read.number > 1 || !salvage || segments[0] === 1) return read;
  return { number: salvage.number, revision: 0, reserved: 0, slots: salvage.salvaged };
}

function missing(file: string, afterRevision: number, reason: string): Damage {
  return { file, offset: 0, bytes: 0, afterRevision, reason };
}

/**
 * Applies records in any order to the same end: of each key the highest revision wins, deletes included (a coalesced
 * write may reach the journal after a later delete of its key). What the snapshot was begun with is not applied again.
 */
class Replay {
  readonly index = new KeyIndex();
  revision: number;
  reserved: number;
  readonly #deleted = new Map<string, number>();

  constructor(
    private readonly base: Snapshot,
    private readonly sealer: ValueSealer | undefined,
  ) {
    this.revision = base.revision;
    this.reserved = base.reserved;
    for (const slot of base.slots) {
      this.index.put(slot);
      this.revision = Math.max(this.revision, slot.modRevision);
    }
  }

  apply(record: StoredRecord): void {
    const { kind, key, revision } = record;
    switch (kind) {
      case RecordKind.reserve:
        this.reserved = revision;
        return;
      case RecordKind.clean:
        this.reserved = revision;
        break;
      case RecordKind.put:
        if (this.#isNews(key, revision))
          this.index.put(Slot.fromDisk(key, record.createRevision, revision, opened(record, this.sealer)));
        break;
      case RecordKind.delete:
        if (this.#isNews(key, revision)) {
          this.index.delete(key);
          this.#deleted.set(key, revision);
        }
        break;
      default:
        break;
    }
    this.revision = Math.max(this.revision, revision);
  }

  #isNews(key: string, revision: number): boolean {
    const known = Math.max(this.index.get(key)?.modRevision ?? 0, this.#deleted.get(key) ?? 0);
    return revision > this.base.revision && revision > known;
  }
}
