import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../../shared/logger.ts';
import {
  CompactedError,
  FutureRevisionError,
  KeyExistsError,
  RevisionMismatchError,
  type Durability,
  type ListPage,
  type ListRange,
  type Storage,
  type StoredObject,
  type StoredValue,
  type StorageWatch,
  type WatchRange,
} from '../storage.ts';
import type { CommittedEvent } from './committed-event.ts';
import type { CommitTarget, Committer, PendingWrite } from './committer.ts';
import { EventWindow } from './event-window.ts';
import type { KeyIndex } from './key-index.ts';
import { listAt } from './list-at.ts';
import type { EmbeddedOptions } from './options.ts';
import type { Slot } from './slot.ts';
import { WatchHub } from './watch-hub.ts';
import { Watcher } from './watcher.ts';

/** The store was closed. */
export class StoreClosedError extends Error {
  constructor() {
    super('the store is closed');
    this.name = 'StoreClosedError';
  }
}

/** Parsing what came from disk may take this long before other work gets its turn. */
const SLICE_MS = 8;

/** The in-memory half of the store: what is committed, who watches it, and which writes are under way. */
export class MemoryState implements CommitTarget {
  readonly hub = new WatchHub();
  readonly window: EventWindow;
  #revision: number;

  constructor(
    readonly index: KeyIndex,
    startRevision: number,
    private readonly options: EmbeddedOptions,
    private readonly clock: Clock,
  ) {
    this.#revision = startRevision;
    this.window = new EventWindow(options, startRevision);
  }

  get revision(): number {
    return this.#revision;
  }

  commit(event: CommittedEvent, slot: Slot): void {
    if (event.type === 'delete') this.index.delete(event.key);
    else this.index.put(slot);
    this.#revision = event.revision;
    this.window.add(event);
    this.hub.dispatch(event, this.window.compactedRevision);
  }

  committed(): void {
    this.window.trim(this.clock.now());
  }

  watch(range: WatchRange): StorageWatch {
    const { prefix, afterRevision } = range;
    const { compactedRevision } = this.window;
    if (afterRevision < compactedRevision) throw new CompactedError(afterRevision, compactedRevision);
    const caughtUp = this.window.after(prefix, afterRevision);
    const { watcherBacklog } = this.options;
    const watcher = new Watcher(prefix, watcherBacklog, caughtUp, afterRevision, (ended) => this.hub.remove(ended));
    this.hub.add(watcher);
    return watcher;
  }
}

/** The embedded store's reading and compare-and-swap; durability is the committer's. */
export class EmbeddedStorage implements Storage {
  /** Of each key being written: settles when that write has. */
  readonly #inFlight = new Map<string, Promise<unknown>>();
  #closed = false;

  constructor(
    private readonly state: MemoryState,
    private readonly committer: Committer,
    private readonly onWritten: () => void,
    private readonly onClose: () => Promise<void>,
  ) {}

  get revision(): number {
    return this.state.revision;
  }

  get compactedRevision(): number {
    return this.state.window.compactedRevision;
  }

  get(key: string): Promise<StoredObject | undefined> {
    return Promise.resolve(this.state.index.get(key)?.object);
  }

  async list(range: ListRange): Promise<ListPage> {
    const revision = range.revision ?? this.revision;
    if (revision > this.revision) throw new FutureRevisionError(revision, this.revision);
    if (revision < this.compactedRevision) throw new CompactedError(revision, this.compactedRevision);
    const { slots, remaining } = listAt(this.state, { ...range, revision });
    const items: StoredObject[] = [];
    let sliceEnd = performance.now() + SLICE_MS;
    for (const slot of slots) {
      items.push(slot.object);
      if ((items.length & 63) !== 0 || performance.now() < sliceEnd) continue;
      await nextTurn();
      sliceEnd = performance.now() + SLICE_MS;
    }
    return { items, revision, more: remaining > 0, remaining };
  }

  count(prefix: string): Promise<number> {
    return Promise.resolve(this.state.index.count(prefix));
  }

  create(key: string, value: StoredValue, durability: Durability = 'durable'): Promise<StoredObject> {
    return this.#write(key, durability, (current) => {
      if (current) throw new KeyExistsError(key);
      return { type: 'create', value, previous: undefined };
    });
  }

  update(key: string, value: StoredValue, expected: number, durability: Durability = 'durable'): Promise<StoredObject> {
    return this.#write(key, durability, (current) => ({
      type: 'update',
      value,
      previous: expect(key, current, expected),
    }));
  }

  delete(key: string, expected: number, durability: Durability = 'durable'): Promise<StoredObject> {
    return this.#write(key, durability, (current) => {
      const previous = expect(key, current, expected);
      return { type: 'delete', value: previous.object.value, previous };
    });
  }

  watch(range: WatchRange): StorageWatch {
    if (this.#closed) throw new StoreClosedError();
    return this.state.watch(range);
  }

  flush(): Promise<void> {
    return this.committer.flush();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.state.hub.closeAll();
    await this.onClose();
  }

  /** One write a key at a time: the precondition is judged against what is committed, never against what may yet fail. */
  async #write(
    key: string,
    durability: Durability,
    decide: (current: Slot | undefined) => Pick<PendingWrite, 'type' | 'value' | 'previous'>,
  ): Promise<StoredObject> {
    for (let before = this.#inFlight.get(key); before; before = this.#inFlight.get(key)) await before;
    if (this.#closed) throw new StoreClosedError();
    const decided = decide(this.state.index.get(key));
    const written = new Promise<StoredObject>((resolve, reject) => {
      this.committer.submit({ ...decided, key, durable: durability === 'durable', resolve, reject });
    });
    const settled = written.then(
      () => this.#inFlight.delete(key),
      () => this.#inFlight.delete(key),
    );
    this.#inFlight.set(key, settled);
    const object = await written;
    this.onWritten();
    return object;
  }
}

function expect(key: string, current: Slot | undefined, expected: number): Slot {
  if (current?.modRevision !== expected) throw new RevisionMismatchError(key, current?.object);
  return current;
}
