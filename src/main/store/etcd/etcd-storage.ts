import type { ICompare, IRequestOp, ITxnResponse } from 'etcd3';
import { stamp } from '../memory/slot.ts';
import {
  FutureRevisionError,
  KeyExistsError,
  RevisionMismatchError,
  StoreClosedError,
  StoreUnavailableError,
  type ListPage,
  type ListRange,
  type Storage,
  type StoredObject,
  type StoredValue,
  type StorageWatch,
  type WatchRange,
} from '../storage.ts';
import type { EtcdClient } from './client.ts';
import type { EtcdKeys } from './keys.ts';
import { LatestRevision } from './latest-revision.ts';
import type { Mirror } from './mirror.ts';
import type { ValueCodec } from './values.ts';

interface Deps {
  client: EtcdClient;
  keys: EtcdKeys;
  codec: ValueCodec;
  mirror: Mirror;
  onClose(): void;
}

/**
 * Storage over etcd. Writes are transactions that compare the key's revision; reads come from the mirror once it has
 * seen everything that was written before they began, which costs one small question to etcd, shared by all readers
 * of the moment. Every write is durable when it resolves: `coalesced` makes no difference here.
 */
export class EtcdStorage implements Storage {
  readonly #latest: LatestRevision;
  #closed = false;

  constructor(private readonly deps: Deps) {
    this.#latest = new LatestRevision(deps.client, deps.keys.head);
  }

  get revision(): number {
    return this.deps.mirror.state.revision;
  }

  get compactedRevision(): number {
    return this.deps.mirror.state.window.compactedRevision;
  }

  async get(key: string): Promise<StoredObject | undefined> {
    await this.#current();
    return this.deps.mirror.state.index.get(key)?.object;
  }

  async list(range: ListRange): Promise<ListPage> {
    const { state } = this.deps.mirror;
    if (range.revision === undefined || range.revision > state.revision) await this.#current();
    if (range.revision !== undefined && range.revision > state.revision)
      throw new FutureRevisionError(range.revision, state.revision);
    return state.list(range);
  }

  async count(prefix: string): Promise<number> {
    await this.#current();
    return this.deps.mirror.state.index.count(prefix);
  }

  async create(key: string, value: StoredValue): Promise<StoredObject> {
    const answer = await this.#write(key, 0, this.#put(key, value));
    if (!answer.succeeded) throw new KeyExistsError(key);
    const revision = Number(answer.header.revision);
    return this.#written(key, stamp(value, revision), revision, revision);
  }

  async update(key: string, value: StoredValue, expected: number): Promise<StoredObject> {
    const before = this.deps.mirror.state.index.get(key);
    const known = before?.modRevision === expected ? before.createRevision : undefined;
    const answer = await this.#write(key, existing(expected), this.#put(key, value, known === undefined));
    if (!answer.succeeded) throw this.#mismatch(key, answer);
    const revision = Number(answer.header.revision);
    const createRevision = known ?? Number(answer.responses[0]?.response_put.prev_kv.create_revision);
    return this.#written(key, stamp(value, revision), createRevision, revision);
  }

  async delete(key: string, expected: number): Promise<StoredObject> {
    const { keys, codec, mirror } = this.deps;
    const remove: IRequestOp = { request_delete_range: { key: keys.object(key), prev_kv: true } };
    const answer = await this.#write(key, existing(expected), remove);
    if (!answer.succeeded) throw this.#mismatch(key, answer);
    const revision = Number(answer.header.revision);
    const last = answer.responses[0]?.response_delete_range.prev_kvs[0];
    if (!last) throw new Error(`${key}: etcd deleted it without saying what it was`);
    const { value, createRevision } = codec.slot(key, last).object;
    await mirror.reached(revision);
    return Object.freeze({ key, value: stamp(value, revision), createRevision, modRevision: revision });
  }

  watch(range: WatchRange): StorageWatch {
    if (this.#closed) throw new StoreClosedError();
    return this.deps.mirror.state.watch(range);
  }

  /** Resolves at once: whatever was acknowledged is on etcd's disks. */
  flush(): Promise<void> {
    return Promise.resolve();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.deps.mirror.close();
    this.deps.onClose();
  }

  /** Resolves when the mirror shows every write acknowledged before the call. */
  async #current(): Promise<void> {
    if (this.#closed) throw new StoreClosedError();
    const revision = await this.#latest.ask();
    if (!(await this.deps.mirror.reached(revision)))
      throw new StoreUnavailableError(`etcd's events up to revision ${revision} did not arrive in time`);
  }

  #put(key: string, value: StoredValue, withPrevious = false): IRequestOp {
    const { keys, codec } = this.deps;
    return {
      request_put: {
        key: keys.object(key),
        value: codec.encode(key, value),
        ...(withPrevious ? { prev_kv: true } : {}),
      },
    };
  }

  /** One transaction: if the key is still at `expected` (0: absent), then `change`; else its current value. */
  async #write(key: string, expected: number, change: IRequestOp): Promise<ITxnResponse> {
    if (this.#closed) throw new StoreClosedError();
    const { client, keys } = this.deps;
    const name = keys.object(key);
    const compare: ICompare[] = [{ key: name, target: 'Mod', result: 'Equal', mod_revision: String(expected) }];
    const bumpHead: IRequestOp = { request_put: { key: keys.head, value: Buffer.alloc(0) } };
    return client.txn({ compare, success: [change, bumpHead], failure: [{ request_range: { key: name } }] });
  }

  #mismatch(key: string, answer: ITxnResponse): RevisionMismatchError {
    const [kv] = answer.responses[0]?.response_range.kvs ?? [];
    return new RevisionMismatchError(key, kv && this.deps.codec.slot(key, kv).object);
  }

  /** Waits for the mirror, so that who wrote also reads; what etcd acknowledged stays written if that takes too long. */
  async #written(key: string, value: StoredValue, createRevision: number, revision: number): Promise<StoredObject> {
    const { mirror } = this.deps;
    const object = Object.freeze({ key, value, createRevision, modRevision: revision });
    await mirror.reached(revision);
    const slot = mirror.state.index.get(key);
    if (slot?.modRevision === revision) slot.adopt(object);
    return object;
  }
}

/** Compared with a key that must be there: 0 is etcd's revision of an absent one and would match that. */
const existing = (expected: number): number => (expected > 0 ? expected : -1);
