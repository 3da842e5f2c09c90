import type { Logger, Clock } from '../../../shared/logger.ts';
import { CommittedEvent } from '../memory/committed-event.ts';
import type { MemoryState } from '../memory/memory-state.ts';
import type { Journal } from './journal.ts';
import type { EmbeddedOptions } from './options.ts';
import { RecordKind, type RecordInput } from './record.ts';
import { Slot, stamp } from '../memory/slot.ts';
import { WriteFailedError, type StoredObject, type StoredValue } from '../storage.ts';

/** A write whose precondition holds. Nothing else writes its key until it settles. */
export interface PendingWrite {
  type: CommittedEvent['type'];
  key: string;
  /** The new value; for a delete, the last one. */
  value: StoredValue;
  previous: Slot | undefined;
  durable: boolean;
  resolve(object: StoredObject): void;
  reject(error: unknown): void;
}

interface Prepared {
  write: PendingWrite;
  slot: Slot;
  event: CommittedEvent;
  record: RecordInput;
}

/** One group takes at most so many writes, and stops taking at so many bytes: one fsync never waits for an endless group. */
const GROUP_WRITES = 2_000;
const GROUP_BYTES = 8 * 1024 * 1024;
/** Revisions set aside on disk for coalesced writes, so that none shown to a reader is given out twice. */
const RESERVE = 10_000;
/** Coalesced records that may wait for a disk that takes none. */
const MAX_DIRTY = 50_000;

/**
 * The single writer. Whatever waits is taken as one group: revisions are given, the group is made durable by one
 * fsync, then it becomes visible and is acknowledged. Readers never see what a crash could take back, save coalesced
 * writes, whose revisions are set aside on disk first.
 */
export class Committer {
  #queue: PendingWrite[] = [];
  #running = false;
  #next: number;
  #reserved: number;
  readonly #dirty = new Map<string, RecordInput>();
  #flushDue = false;
  #timer: NodeJS.Timeout | undefined;
  #barriers: { resolve(): void; reject(error: unknown): void }[] = [];
  #betweenGroups: (() => Promise<void>) | undefined;

  constructor(
    private readonly deps: {
      journal: Journal;
      target: Pick<MemoryState, 'commit' | 'committed'>;
      log: Logger;
      clock: Clock;
    },
    private readonly options: EmbeddedOptions,
    start: { revision: number; reserved: number },
  ) {
    this.#next = start.revision + 1;
    this.#reserved = start.reserved;
  }

  /** The highest revision that readers may have seen or may see before the next fsync. */
  get reserved(): number {
    return this.#reserved;
  }

  submit(write: PendingWrite): void {
    this.#queue.push(write);
    this.#start();
  }

  /** Resolves when all that was submitted before is on disk, coalesced writes too. */
  flush(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#barriers.push({ resolve, reject });
      this.#start();
    });
  }

  /** Runs a step while no group is being written. */
  exclusively<T>(step: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const before = this.#betweenGroups;
      this.#betweenGroups = async () => {
        await before?.();
        await step().then(resolve, reject);
      };
      this.#start();
    });
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #start(): void {
    if (this.#running) return;
    this.#running = true;
    // After the current turn, so that writes issued together share the first group.
    setImmediate(() => void this.#run());
  }

  async #run(): Promise<void> {
    for (;;) {
      const step = this.#betweenGroups;
      this.#betweenGroups = undefined;
      await step?.();
      const prepared = this.#takeGroup();
      const barriers = this.#queue.length === 0 ? this.#barriers.splice(0) : [];
      if (prepared.length === 0 && barriers.length === 0 && !this.#flushDue && !this.#betweenGroups) break;
      const failure = await this.#commitGroup(prepared, barriers.length > 0);
      for (const { resolve, reject } of barriers) {
        if (failure === undefined) resolve();
        else reject(failure);
      }
    }
    this.#running = false;
  }

  #takeGroup(): Prepared[] {
    const prepared: Prepared[] = [];
    let bytes = 0;
    let taken = 0;
    for (const write of this.#queue) {
      if (taken === GROUP_WRITES || bytes >= GROUP_BYTES) break;
      taken++;
      try {
        const each = this.#prepare(write);
        prepared.push(each);
        bytes += each.event.size;
      } catch (error) {
        // A value that is no JSON (a cycle, a BigInt) concerns its own write alone.
        write.reject(error);
      }
    }
    this.#queue.splice(0, taken);
    return prepared;
  }

  /** Never throws: a failure goes to the writes it concerns, and is returned. */
  async #commitGroup(prepared: Prepared[], withDirty: boolean): Promise<WriteFailedError | undefined> {
    const flushNow = withDirty || this.#flushDue || this.#dirty.size >= MAX_DIRTY;
    const flushed = flushNow ? new Map(this.#dirty) : new Map<string, RecordInput>();
    this.#flushDue = false;
    const durable = prepared.filter(({ write }) => write.durable);
    const records = [...flushed.values(), ...durable.map(({ record }) => record)];
    const last = prepared.findLast(({ write }) => !write.durable)?.slot.modRevision ?? 0;
    const reserve = last > this.#reserved ? last + RESERVE : undefined;
    if (reserve !== undefined) records.push({ kind: RecordKind.reserve, revision: reserve });
    const failure = records.length > 0 ? await this.#append(records) : undefined;
    if (failure === undefined) {
      if (reserve !== undefined) this.#reserved = reserve;
      for (const [key, record] of flushed) if (this.#dirty.get(key) === record) this.#dirty.delete(key);
    }
    this.#settle(prepared, failure, reserve !== undefined);
    if (this.#dirty.size > 0) this.#scheduleFlush();
    return failure;
  }

  #settle(prepared: Prepared[], failure: WriteFailedError | undefined, neededReserve: boolean): void {
    const done: Prepared[] = [];
    for (const each of prepared) {
      const { write } = each;
      // Without the reservation a coalesced write could not be shown; with a full backlog it would take memory without end.
      const refused = write.durable || neededReserve || this.#dirty.size >= MAX_DIRTY;
      if (failure !== undefined && refused) {
        write.reject(failure);
        continue;
      }
      if (write.durable) this.#dirty.delete(write.key);
      else this.#dirty.set(write.key, each.record);
      this.deps.target.commit(each.event);
      done.push(each);
    }
    this.deps.target.committed();
    if (done.length > 0) this.options.failpoint('ack.before');
    for (const { write, slot } of done) write.resolve(slot.object);
  }

  async #append(records: RecordInput[]): Promise<WriteFailedError | undefined> {
    try {
      await this.deps.journal.append(records);
      return undefined;
    } catch (error) {
      this.deps.log.error({ err: error, records: records.length }, 'journal append failed');
      return writeFailed(error);
    }
  }

  #prepare(write: PendingWrite): Prepared {
    const revision = this.#next++;
    const { type, key, previous } = write;
    const value = stamp(write.value, revision);
    const createRevision = previous?.createRevision ?? revision;
    const isDelete = type === 'delete';
    const text = isDelete ? undefined : JSON.stringify(value);
    const size = text?.length ?? previous?.size ?? 0;
    const slot = Slot.of(Object.freeze({ key, value, createRevision, modRevision: revision }), size);
    const event = new CommittedEvent(type, slot, previous, this.deps.clock.now(), text);
    const record: RecordInput = isDelete
      ? { kind: RecordKind.delete, revision, key }
      : { kind: RecordKind.put, revision, createRevision, key, text: text ?? '' };
    return { write, slot, event, record };
  }

  #scheduleFlush(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#flushDue = true;
      this.#start();
    }, this.options.coalesceMs);
  }
}

function writeFailed(cause: unknown): WriteFailedError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const reason =
    code === 'ENOSPC' ? 'no space left on the disk of the data directory; free some space and try again' : message;
  return new WriteFailedError(reason, cause);
}
