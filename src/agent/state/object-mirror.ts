import type { ResourceType } from '../../shared/api/kinds.ts';
import { keyOf, type KubeObject } from '../../shared/api/meta.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import { delay } from '../../shared/client/backoff.ts';
import { Informer } from '../../shared/client/informer.ts';
import type { Logger } from '../../shared/logger.ts';
import { readJson, writeAtomic } from './atomic-file.ts';

export interface ObjectMirrorOptions<T> {
  /** Where the copy is kept. */
  file: string;
  /** Named indexes: each maps an object to the index keys it is found under. */
  indexers?: Record<string, (object: T) => string[]>;
  /** Only what is in this namespace, and what this field selector picks. */
  namespace?: string;
  fieldSelector?: string;
  log: Logger;
}

/** A burst of changes is written once, and a large copy not all the time. */
const SAVE_AFTER_MS = 2_000;

/**
 * All objects of a kind, as the API server has them or, until it has been reached, as they were when this machine last
 * heard: what routes and names depend on must be there after a restart without a control plane too.
 */
export class ObjectMirror<T extends KubeObject> {
  readonly #informer: Informer<T>;
  readonly #indexers: Record<string, (object: T) => string[]>;
  readonly #abort = new AbortController();
  readonly #handlers = new Set<(object: T) => void>();
  /** What the file had; undefined once the API server has answered. */
  #copy: T[] | undefined;
  #copyByKey = new Map<string, T>();
  #copyIndexes = new Map<string, Map<string, T[]>>();
  #known = false;
  #live = false;
  #unsaved = false;
  #saving: Promise<void> | undefined;

  constructor(
    client: ApiClient,
    type: ResourceType<T>,
    private readonly options: ObjectMirrorOptions<T>,
  ) {
    this.#indexers = options.indexers ?? {};
    this.#informer = new Informer(client, type, {
      indexers: this.#indexers,
      ...(options.namespace ? { namespace: options.namespace } : {}),
      ...(options.fieldSelector ? { fieldSelector: options.fieldSelector } : {}),
      onError: (error) => options.log.debug({ err: error, kind: type.plural }, 'cannot watch'),
    });
  }

  /** Reads the copy, and begins to watch; resolves without waiting for the API server. */
  async start(): Promise<void> {
    const copy = await readJson(this.options.file);
    if (Array.isArray(copy)) this.#take(copy as T[]);
    this.#informer.onDidChange(({ object }) => {
      if (!this.#live) return;
      this.#tell(object);
      this.#save();
    });
    void this.#informer.start().then(() => this.#goLive());
  }

  /** Stops watching; resolves when the copy is written. */
  async stop(): Promise<void> {
    this.#abort.abort();
    this.#informer.stop();
    await this.#saving;
  }

  /** Whether there is anything to go by: a copy, or the API server's answer. */
  get isKnown(): boolean {
    return this.#known;
  }

  /** Hears of every object that came, changed or went, and of all of them when the API server is first reached. */
  onDidChange(handler: (object: T) => void): void {
    this.#handlers.add(handler);
  }

  list(): T[] {
    return this.#copy ?? this.#informer.list();
  }

  get(key: string): T | undefined {
    return this.#copy ? this.#copyByKey.get(key) : this.#informer.get(key);
  }

  byIndex(index: string, value: string): T[] {
    return this.#copy ? (this.#copyIndexes.get(index)?.get(value) ?? []) : this.#informer.byIndex(index, value);
  }

  #take(copy: T[]): void {
    this.#copy = copy;
    this.#copyByKey = new Map(copy.map((object) => [keyOf(object), object]));
    this.#known = true;
    for (const [name, indexer] of Object.entries(this.#indexers)) {
      const index = new Map<string, T[]>();
      for (const object of copy)
        for (const value of indexer(object)) index.set(value, [...(index.get(value) ?? []), object]);
      this.#copyIndexes.set(name, index);
    }
    for (const object of copy) this.#tell(object);
  }

  #goLive(): void {
    const gone = this.#copy ?? [];
    this.#copy = undefined;
    this.#copyByKey = new Map();
    this.#copyIndexes = new Map();
    this.#live = true;
    this.#known = true;
    for (const object of [...gone, ...this.#informer.values()]) this.#tell(object);
    this.#save();
  }

  #tell(object: T): void {
    for (const handler of this.#handlers) handler(object);
  }

  #save(): void {
    this.#unsaved = true;
    this.#saving ??= this.#write().finally(() => (this.#saving = undefined));
  }

  async #write(): Promise<void> {
    const { file, log } = this.options;
    while (this.#unsaved) {
      await delay(SAVE_AFTER_MS, this.#abort.signal);
      this.#unsaved = false;
      try {
        await writeAtomic(file, JSON.stringify(this.#informer.list().map(withoutBookkeeping)));
      } catch (error) {
        log.warn({ err: error, file }, 'cannot keep a copy for the time without a control plane');
      }
    }
  }
}

/** Who wrote which field is of no use offline, and half of the bytes. */
function withoutBookkeeping<T extends KubeObject>(object: T): T {
  if (!object.metadata?.managedFields) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
