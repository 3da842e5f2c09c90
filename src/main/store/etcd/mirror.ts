import type { IDuplexStream, IEvent, IWatchRequest, IWatchResponse } from 'etcd3';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock, Logger } from '../../../shared/logger.ts';
import { CommittedEvent } from '../memory/committed-event.ts';
import { KeyIndex } from '../memory/key-index.ts';
import { MemoryState, type MemoryBounds } from '../memory/memory-state.ts';
import { Slot, stamp } from '../memory/slot.ts';
import { StoreUnavailableError } from '../storage.ts';
import type { EtcdClient } from './client.ts';
import type { EtcdKeys } from './keys.ts';
import type { ValueCodec } from './values.ts';

interface Deps {
  client: EtcdClient;
  keys: EtcdKeys;
  codec: ValueCodec;
  clock: Clock;
  log: Logger;
  bounds: MemoryBounds;
  /** Told of every value shared beside the objects, before any object written after it. */
  onShared(name: string, value: Buffer): void;
}

const PAGE = 500;
const RETRY_MS = 250;
/** How long a reader or writer waits for the mirror to have seen what etcd has. */
const CATCH_UP_MS = 5_000;

/** The watch cannot go on from where it was: read everything again. */
class LostPlaceError extends Error {}

/**
 * All objects of etcd in memory, kept by one watch: what lists, gets and watches are answered from. A watch that
 * breaks goes on where it was; when etcd has compacted that away, everything is read anew and watchers are told to.
 */
export class Mirror {
  readonly state: MemoryState;
  /** Everything up to this revision of etcd has been taken in. */
  #seen: number;
  #closed = false;
  #stream: IDuplexStream<IWatchRequest, IWatchResponse> | undefined;
  #following: Promise<void> = Promise.resolve();
  readonly #waiting = new Set<{ revision: number; resolve(): void }>();
  readonly #abort = new AbortController();

  private constructor(
    private readonly deps: Deps,
    read: Contents,
  ) {
    this.state = new MemoryState(read.index, read.revision, deps.bounds, deps.clock);
    this.#seen = read.readAt;
  }

  /** Reads everything and follows from then on. Throws when a value is sealed with another key. */
  static async open(deps: Deps): Promise<Mirror> {
    const mirror = new Mirror(deps, await readAll(deps));
    mirror.#following = mirror.#follow();
    return mirror;
  }

  /** Resolves when everything up to `revision` has been taken in; false when that takes too long. */
  async reached(revision: number): Promise<boolean> {
    if (this.#seen >= revision) return true;
    const timer = new AbortController();
    const entry = { revision, resolve: (): void => undefined };
    const seen = new Promise<true>((resolve) => (entry.resolve = () => resolve(true)));
    this.#waiting.add(entry);
    const late = sleep(CATCH_UP_MS, false as const, { signal: timer.signal }).catch(() => false);
    const inTime = await Promise.race([seen, late]);
    timer.abort();
    this.#waiting.delete(entry);
    // A connection that answers calls but brings no events is replaced.
    if (!inTime) this.#stream?.cancel();
    return inTime;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#abort.abort();
    this.#stream?.cancel();
    this.state.hub.closeAll();
    await this.#following;
  }

  async #follow(): Promise<void> {
    while (!this.#closed) {
      try {
        await this.#watch();
      } catch (error) {
        if (this.#closed) return;
        if (error instanceof LostPlaceError) await this.#readAgain(error);
        else
          this.deps.log.warn(
            { err: error, revision: this.#seen },
            'watch on etcd broke, going on from its last revision',
          );
        await sleep(RETRY_MS, undefined, { signal: this.#abort.signal }).catch(() => undefined);
      }
    }
  }

  async #readAgain(reason: LostPlaceError): Promise<void> {
    this.deps.log.warn({ reason: reason.message }, 'reading everything from etcd again');
    try {
      const { index, revision, readAt } = await readAll(this.deps);
      this.state.reset(index, revision);
      this.#advance(readAt, true);
    } catch (error) {
      this.deps.log.warn({ err: error }, 'etcd could not be read, trying again');
    }
  }

  /** One watch stream, until it ends. */
  async #watch(): Promise<void> {
    const stream = await this.deps.client.watch();
    this.#stream = stream;
    const ended = new Promise<never>((_resolve, reject) => {
      stream.on('error', reject);
      stream.on('end', () => reject(new StoreUnavailableError('etcd ended the watch')));
      stream.on('data', (response) => {
        try {
          this.#take(response);
        } catch (error) {
          reject(error as Error);
        }
      });
    });
    const { first, end } = this.deps.keys;
    if (this.#closed) stream.cancel();
    else stream.write({ create_request: { key: first, range_end: end, start_revision: String(this.#seen + 1) } });
    try {
      await ended;
    } finally {
      this.#stream = undefined;
      // What comes after we stopped listening must neither be taken nor become an uncaught error.
      stream.cancel();
    }
  }

  #take(response: IWatchResponse): void {
    const compacted = Number(response.compact_revision);
    if (response.canceled && compacted > 0)
      throw new LostPlaceError(`revision ${this.#seen + 1} has been compacted (oldest is ${compacted})`);
    if (response.canceled) throw new StoreUnavailableError(`etcd cancelled the watch: ${response.cancel_reason}`);
    if (response.created) {
      const current = Number(response.header.revision);
      // A watch on a future revision would be silent: somebody put an older etcd in the place of ours.
      if (current < this.#seen) throw new LostPlaceError(`etcd went back from revision ${this.#seen} to ${current}`);
      return;
    }
    let last = this.#seen;
    for (const event of response.events) {
      const revision = Number(event.kv.mod_revision);
      if (revision <= this.#seen) continue;
      this.#apply(event, revision);
      last = Math.max(last, revision);
    }
    this.state.committed();
    this.#advance(last, false);
  }

  #apply(event: IEvent, revision: number): void {
    const name = this.deps.keys.read(event.kv.key);
    if ('shared' in name) {
      if (event.type === 'Put') this.deps.onShared(name.shared, event.kv.value);
      return;
    }
    const { key } = name;
    const previous = this.state.index.get(key);
    const now = this.deps.clock.now();
    if (event.type === 'Put') {
      const slot = this.deps.codec.slot(key, event.kv);
      this.state.commit(new CommittedEvent(previous ? 'update' : 'create', slot, previous, now));
    } else if (previous) {
      const last = (): ReturnType<typeof stamp> => stamp(previous.object.value, revision);
      const slot = Slot.lazy(key, previous.createRevision, revision, previous.size, last);
      this.state.commit(new CommittedEvent('delete', slot, previous, now));
    }
  }

  #advance(seen: number, mayGoBack: boolean): void {
    this.#seen = mayGoBack ? seen : Math.max(seen, this.#seen);
    for (const entry of this.#waiting) if (entry.revision <= this.#seen) entry.resolve();
  }
}

interface Contents {
  index: KeyIndex;
  /** Of the last write to an object. */
  revision: number;
  /** etcd's revision that was read. */
  readAt: number;
}

/** Every object as of one revision. */
async function readAll({ client, keys, codec, onShared }: Deps): Promise<Contents> {
  const index = new KeyIndex();
  let revision = 0;
  let readAt = 0;
  for (let from: Buffer | undefined = keys.first; from;) {
    const at = readAt === 0 ? {} : { revision: String(readAt) };
    const page = await client.range({ key: from, range_end: keys.end, limit: PAGE, ...at });
    if (readAt === 0) readAt = Number(page.header.revision);
    for (const kv of page.kvs) {
      revision = Math.max(revision, Number(kv.mod_revision));
      const name = keys.read(kv.key);
      if ('shared' in name) {
        onShared(name.shared, kv.value);
        continue;
      }
      if (codec.isSealed(kv.value)) codec.open(name.key, kv.value);
      index.put(codec.slot(name.key, kv));
    }
    const last = page.kvs.at(-1);
    from = page.more && last ? Buffer.concat([last.key, Buffer.from([0])]) : undefined;
  }
  return { index, revision, readAt };
}
