import { ApiError, isGone } from '../api/errors.ts';
import { keyOf, type KubeObject } from '../api/meta.ts';
import type { ResourceType } from '../api/kinds.ts';
import type { ApiClient } from './api-client.ts';
import { Backoff, delay } from './backoff.ts';

export type Change<T> =
  { type: 'added'; object: T } | { type: 'updated'; object: T; old: T } | { type: 'deleted'; object: T };

export interface InformerOptions<T> {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** Named indexes: each maps an object to the index keys it is found under. */
  indexers?: Record<string, (object: T) => string[]>;
  /** Called when a list or watch fails and before it is tried again. */
  onError?: (error: unknown) => void;
}

export type InformerState = 'starting' | 'live' | 'stale';

/**
 * A shared, indexed, always-current copy of one kind: list, then watch from there; list again when the revision is gone.
 * Cached objects are shared and must never be changed. Handlers run in order, one change at a time.
 */
export class Informer<T extends KubeObject> {
  readonly #objects = new Map<string, T>();
  readonly #indexers = new Map<string, (object: T) => string[]>();
  readonly #indexes = new Map<string, Map<string, Set<string>>>();
  readonly #handlers = new Set<(change: Change<T>) => void>();
  readonly #stateHandlers = new Set<(state: InformerState) => void>();
  readonly #abort = new AbortController();
  #synced: Promise<void>;
  #resolveSynced: () => void = () => undefined;
  #state: InformerState = 'starting';
  #started = false;

  constructor(
    private readonly client: ApiClient,
    readonly type: ResourceType<T>,
    private readonly options: InformerOptions<T> = {},
  ) {
    this.#synced = new Promise((resolve) => (this.#resolveSynced = resolve));
    for (const [name, indexer] of Object.entries(options.indexers ?? {})) this.addIndex(name, indexer);
  }

  /** `live` while the watch runs; `stale` while it is being re-established: what is cached is then the last known state. */
  get state(): InformerState {
    return this.#state;
  }

  /** Starts the loop (once) and resolves after the first full list. */
  start(): Promise<void> {
    if (!this.#started) {
      this.#started = true;
      void this.#run();
    }
    return this.#synced;
  }

  stop(): void {
    this.#abort.abort();
  }

  /** Hears every change from now on; with `replay`, also an `added` for each object already known. Returns the way out. */
  onDidChange(handler: (change: Change<T>) => void, options: { replay?: boolean } = {}): () => void {
    if (options.replay) for (const object of this.#objects.values()) handler({ type: 'added', object });
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  onDidChangeState(handler: (state: InformerState) => void): () => void {
    this.#stateHandlers.add(handler);
    return () => this.#stateHandlers.delete(handler);
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  list(): T[] {
    return [...this.#objects.values()];
  }

  values(): IterableIterator<T> {
    return this.#objects.values();
  }

  get size(): number {
    return this.#objects.size;
  }

  /** Adds a named index, also over what is cached already. Adding a name again keeps the first index. */
  addIndex(name: string, indexer: (object: T) => string[]): void {
    if (this.#indexers.has(name)) return;
    this.#indexers.set(name, indexer);
    const index = new Map<string, Set<string>>();
    this.#indexes.set(name, index);
    for (const [key, object] of this.#objects) for (const value of indexer(object)) fileUnder(index, value, key);
  }

  /** Objects filed under `value` in the named index. */
  byIndex(index: string, value: string): T[] {
    const found: T[] = [];
    for (const key of this.#indexes.get(index)?.get(value) ?? []) {
      const object = this.#objects.get(key);
      if (object) found.push(object);
    }
    return found;
  }

  async #run(): Promise<void> {
    // client-go's reflector: 800 ms doubling to 30 s.
    const backoff = new Backoff(800, 30_000);
    const { signal } = this.#abort;
    while (!signal.aborted) {
      try {
        const revision = await this.#relist();
        backoff.forget('');
        await this.#watch(revision, signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#setState('stale');
        if (isGone(error)) continue;
        this.options.onError?.(error);
        await delay(backoff.next(''), signal);
      }
    }
  }

  async #relist(): Promise<string> {
    const list = await this.client.list(this.type, this.#scope());
    const seen = new Set<string>();
    for (const item of list.items) {
      seen.add(keyOf(item));
      this.#put(item);
    }
    for (const [key, object] of [...this.#objects]) if (!seen.has(key)) this.#remove(object);
    this.#setState('live');
    this.#resolveSynced();
    return list.metadata.resourceVersion ?? '';
  }

  /** Watches until the server closes; resumes from the last revision seen as long as the server still has it. */
  async #watch(from: string, signal: AbortSignal): Promise<void> {
    let revision = from;
    while (!signal.aborted) {
      let received = false;
      const events = this.client.watch(this.type, {
        ...this.#scope(),
        resourceVersion: revision,
        allowBookmarks: true,
        signal,
      });
      for await (const event of events) {
        received = true;
        if (event.type === 'ERROR') throw ApiError.fromStatus(event.object);
        revision = event.object.metadata?.resourceVersion ?? revision;
        if (event.type === 'BOOKMARK') continue;
        if (event.type === 'DELETED') this.#remove(event.object);
        else this.#put(event.object);
      }
      if (!received) await delay(200, signal);
    }
  }

  #scope(): Pick<InformerOptions<T>, 'namespace' | 'labelSelector' | 'fieldSelector'> {
    const { namespace, labelSelector, fieldSelector } = this.options;
    return {
      ...(namespace ? { namespace } : {}),
      ...(labelSelector ? { labelSelector } : {}),
      ...(fieldSelector ? { fieldSelector } : {}),
    };
  }

  #put(object: T): void {
    const key = keyOf(object);
    let old = this.#objects.get(key);
    if (old && old.metadata?.resourceVersion === object.metadata?.resourceVersion) return;
    if (old && old.metadata?.uid !== object.metadata?.uid) {
      // Deleted and made anew while we were not watching: two objects, so two changes.
      this.#remove(old);
      old = undefined;
    }
    if (old) this.#unindex(key, old);
    this.#objects.set(key, object);
    this.#index(key, object);
    this.#emit(old ? { type: 'updated', object, old } : { type: 'added', object });
  }

  #remove(object: T): void {
    const key = keyOf(object);
    const old = this.#objects.get(key);
    if (!old) return;
    this.#unindex(key, old);
    this.#objects.delete(key);
    this.#emit({ type: 'deleted', object });
  }

  #emit(change: Change<T>): void {
    for (const handler of this.#handlers) {
      try {
        handler(change);
      } catch (error) {
        // One handler's fault must not cost the others this change, nor the watch its place.
        this.options.onError?.(error);
      }
    }
  }

  #index(key: string, object: T): void {
    for (const [name, indexer] of this.#indexers) {
      const index = this.#indexes.get(name);
      if (index) for (const value of indexer(object)) fileUnder(index, value, key);
    }
  }

  #unindex(key: string, object: T): void {
    for (const [name, indexer] of this.#indexers) {
      const index = this.#indexes.get(name);
      for (const value of indexer(object)) {
        const keys = index?.get(value);
        keys?.delete(key);
        if (keys?.size === 0) index?.delete(value);
      }
    }
  }

  #setState(state: InformerState): void {
    if (state === this.#state) return;
    this.#state = state;
    for (const handler of this.#stateHandlers) handler(state);
  }
}

function fileUnder(index: Map<string, Set<string>>, value: string, key: string): void {
  const keys = index.get(value);
  if (keys) keys.add(key);
  else index.set(value, new Set([key]));
}
