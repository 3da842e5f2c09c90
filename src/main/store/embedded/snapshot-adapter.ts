import type { Adapter } from 'lowdb';
import { open, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { listFiles, snapshotName, syncDirectory } from './files.ts';
import type { EmbeddedOptions } from './options.ts';
import type { ValueSealer } from '../sealer.ts';
import { opened, sealed } from './sealing.ts';
import { encodeGroup, findRecord, readRecord, RecordKind, type RecordInput, type StoredRecord } from './record.ts';
import { Slot } from '../memory/slot.ts';

/** The store's state as lowdb keeps it. `slots` is walked once, in small steps, while writes go on. */
export interface Snapshot {
  /** Stands for all journal segments before this number. */
  number: number;
  /** Everything up to here is in; later changes may be, and are in the journal in any case. */
  revision: number;
  /** Revisions up to here may have been shown to readers. */
  reserved: number;
  slots: Iterable<Slot>;
}

/** The snapshot cannot be used whole; `salvaged` is what of it can be read. */
export class DamagedSnapshotError extends Error {
  constructor(
    readonly file: string,
    readonly number: number,
    reason: string,
    readonly salvaged: Slot[],
  ) {
    super(`${file}: ${reason}`);
    this.name = 'DamagedSnapshotError';
  }
}

const FORMAT = 1;
/** A slice of serialising between two turns of the event loop. */
const SLICE_MS = 5;
const BUFFER_BYTES = 256 * 1024;

/** lowdb's file adapter for our record format: a new file beside the old one, fsync'd, checked, then renamed into place. */
export class SnapshotAdapter implements Adapter<Snapshot> {
  /** Bytes of the file last read or written. */
  bytes = 0;
  /** Snapshots that `read` found damaged, newest first. */
  readonly rejected: DamagedSnapshotError[] = [];

  constructor(
    private readonly dir: string,
    private readonly options: Pick<EmbeddedOptions, 'failpoint' | 'sealer'>,
  ) {}

  /** The newest snapshot that is whole; null when there is none. */
  async read(): Promise<Snapshot | null> {
    const { snapshots } = await listFiles(this.dir);
    for (const number of snapshots.reverse()) {
      try {
        return await this.#readOne(number);
      } catch (error) {
        if (!(error instanceof DamagedSnapshotError)) throw error;
        this.rejected.push(error);
      }
    }
    return null;
  }

  async write(snapshot: Snapshot): Promise<void> {
    const path = join(this.dir, snapshotName(snapshot.number));
    const unfinished = `${path}.tmp`;
    this.options.failpoint('snapshot.write.before');
    try {
      const file = await open(unfinished, 'w', 0o600);
      try {
        await writeRecords(file, snapshot, this.options.sealer);
        await file.sync();
      } finally {
        await file.close();
      }
      await verifySnapshot(unfinished);
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
    this.options.failpoint('snapshot.rename.before');
    await rename(unfinished, path);
    await syncDirectory(this.dir);
    this.options.failpoint('snapshot.rename.after');
    this.bytes = (await stat(path)).size;
  }

  async #readOne(number: number): Promise<Snapshot> {
    const file = snapshotName(number);
    const bytes = await readFile(join(this.dir, file));
    const { records, damagedAt } = readAll(bytes);
    const slots = records
      .filter((record) => record.kind === RecordKind.put)
      .map((record) => slotOf(record, this.options.sealer));
    const fail = (reason: string): never => {
      throw new DamagedSnapshotError(file, number, reason, slots);
    };
    const [head, end] = [records[0], records.at(-1)];
    if (damagedAt !== undefined) fail(`checksum mismatch at byte ${damagedAt}`);
    if (head?.kind !== RecordKind.snapshotHead) return fail('the header is missing');
    if (end?.kind !== RecordKind.snapshotEnd || end.revision !== slots.length) fail('the end is missing');
    const header = JSON.parse(head.text.toString('utf8')) as { format: number; revision: number; reserved: number };
    if (header.format !== FORMAT) throw new Error(`${file} has format ${header.format}; this version reads ${FORMAT}`);
    this.bytes = bytes.length;
    return { number, revision: header.revision, reserved: header.reserved, slots };
  }
}

async function writeRecords(file: FileHandle, snapshot: Snapshot, sealer: ValueSealer | undefined): Promise<void> {
  const { number, revision, reserved } = snapshot;
  const head = JSON.stringify({ format: FORMAT, number, revision, reserved });
  let pending: RecordInput[] = [{ kind: RecordKind.snapshotHead, revision, text: head }];
  let pendingBytes = 0;
  let group = 0;
  let count = 0;
  const write = async (): Promise<void> => {
    await file.write(encodeGroup(pending, ++group));
    pending = [];
    pendingBytes = 0;
  };
  let sliceEnd = performance.now() + SLICE_MS;
  for (const slot of snapshot.slots) {
    const { key, createRevision, modRevision } = slot;
    pending.push(
      sealed({ kind: RecordKind.put, key, createRevision, revision: modRevision, text: slot.text() }, sealer),
    );
    pendingBytes += slot.size;
    count++;
    if (pendingBytes >= BUFFER_BYTES) await write();
    if (performance.now() < sliceEnd) continue;
    await nextTurn();
    sliceEnd = performance.now() + SLICE_MS;
  }
  pending.push({ kind: RecordKind.snapshotEnd, revision: count });
  await write();
}

const slotOf = (record: StoredRecord, sealer: ValueSealer | undefined): Slot =>
  Slot.fromDisk(record.key, record.createRevision, record.revision, opened(record, sealer));

/** Every valid record, and where the first bytes are that belong to none. */
function readAll(bytes: Buffer): { records: StoredRecord[]; damagedAt: number | undefined } {
  const records: StoredRecord[] = [];
  let damagedAt: number | undefined;
  for (let at: number | undefined = 0; at !== undefined && at < bytes.length;) {
    const read = readRecord(bytes, at);
    if (read) records.push(read.record);
    else damagedAt ??= at;
    at = read ? read.next : findRecord(bytes, at + 1);
  }
  return { records, damagedAt };
}

/** Proves that what was written can be read back, a piece at a time: the old snapshot is only given up for one that was. */
async function verifySnapshot(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    let rest = Buffer.alloc(0);
    let position = 0;
    let last: RecordKind | undefined;
    while (position < size) {
      const piece = Buffer.allocUnsafe(Math.min(4 * BUFFER_BYTES, size - position));
      const { bytesRead } = await file.read(piece, 0, piece.length, position);
      if (bytesRead === 0) break;
      position += bytesRead;
      const bytes = Buffer.concat([rest, piece.subarray(0, bytesRead)]);
      let at = 0;
      for (let read = readRecord(bytes, at); read; read = readRecord(bytes, at)) {
        last = read.record.kind;
        at = read.next;
      }
      rest = bytes.subarray(at);
    }
    if (rest.length > 0 || last !== RecordKind.snapshotEnd)
      throw new Error(`${path}: what was written cannot be read back`);
  } finally {
    await file.close();
  }
}
