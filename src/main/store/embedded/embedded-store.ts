import {
  KeyExistsError,
  RevisionMismatchError,
  StoreClosedError,
  type Durability,
  type ListPage,
  type ListRange,
  type Storage,
  type StoredObject,
  type StoredValue,
  type StorageWatch,
  type WatchRange,
} from '../storage.ts';
import type { MemoryState } from '../memory/memory-state.ts';
import type { Committer, PendingWrite } from './committer.ts';
import type { Slot } from '../memory/slot.ts';

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

  list(range: ListRange): Promise<ListPage> {
    return this.state.list(range);
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
