import type { KubeObject } from '../../../shared/api/meta.ts';
import { messageOf } from '../../../shared/api/errors.ts';
import type { Logger } from '../../../shared/logger.ts';
import type { KindDefinition } from '../../resources/definition.ts';
import { CompactedError, type Storage, type StorageEvent, type StorageWatch } from '../../store/storage.ts';
import { asObject } from '../registry/as-object.ts';
import { prefixOf } from '../registry/keys.ts';
import { servedValue } from '../registry/stored-version.ts';

/**
 * All objects of one kind in memory, following the store: for what the server itself reads on every request (roles,
 * quotas, webhooks). A write that was acknowledged is seen. Objects are frozen.
 */
export class KindView<T extends KubeObject> {
  readonly #prefix: string;
  readonly #listeners = new Set<() => void>();
  /** By prefix of the namespace, then by key; all under one prefix for a cluster-scoped kind. */
  #byNamespace = new Map<string, Map<string, T>>();
  #watch: StorageWatch | undefined;
  #closed = false;
  #generation = 0;

  constructor(
    private readonly storage: Storage,
    private readonly kind: KindDefinition,
    private readonly log: Logger,
  ) {
    this.#prefix = prefixOf(kind, '');
  }

  /** Moves with every change: what is derived from the objects is kept for one generation. */
  get generation(): number {
    return this.#generation;
  }

  /** Reads what is there and follows from then on. */
  async start(): Promise<void> {
    const page = await this.storage.list({ prefix: this.#prefix });
    if (this.#closed) return;
    this.#byNamespace = new Map();
    for (const { key, value } of page.items) this.#put(key, asObject(servedValue(this.kind, value)) as T);
    this.#watch = this.storage.watch({ prefix: this.#prefix, afterRevision: page.revision });
    this.#changed();
    void this.#follow(this.#watch);
  }

  close(): void {
    this.#closed = true;
    this.#watch?.close();
  }

  /** `namespace` is empty for a cluster-scoped kind. */
  get(namespace: string, name: string): T | undefined {
    const prefix = prefixOf(this.kind, namespace);
    return this.#byNamespace.get(prefix)?.get(prefix + name);
  }

  /** Everything, or what is in one namespace. */
  list(namespace = ''): T[] {
    if (this.kind.type.namespaced && namespace === '')
      return [...this.#byNamespace.values()].flatMap((objects) => [...objects.values()]);
    return [...(this.#byNamespace.get(prefixOf(this.kind, namespace))?.values() ?? [])];
  }

  /** Calls `listener` after every change until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async #follow(watch: StorageWatch): Promise<void> {
    try {
      for await (const events of watch) {
        for (const event of events) this.#apply(event);
        this.#changed();
      }
    } catch (error) {
      if (this.#closed) return;
      const level = error instanceof CompactedError ? 'warn' : 'error';
      this.log[level]({ error: messageOf(error), kind: this.kind.type.kind }, 'view lost its watch; reading all again');
      await this.start().catch((failure: unknown) =>
        this.log.error({ error: messageOf(failure), kind: this.kind.type.kind }, 'view could not be read'),
      );
    }
  }

  #apply(event: StorageEvent): void {
    if (event.type === 'delete') this.#remove(event.key);
    else this.#put(event.key, asObject(servedValue(this.kind, event.value)) as T);
  }

  #put(key: string, object: T): void {
    const prefix = namespacePrefixOf(key);
    const objects = this.#byNamespace.get(prefix);
    if (objects) objects.set(key, object);
    else this.#byNamespace.set(prefix, new Map([[key, object]]));
  }

  #remove(key: string): void {
    const prefix = namespacePrefixOf(key);
    const objects = this.#byNamespace.get(prefix);
    objects?.delete(key);
    if (objects?.size === 0) this.#byNamespace.delete(prefix);
  }

  #changed(): void {
    this.#generation += 1;
    for (const listener of this.#listeners) listener();
  }
}

/** Everything of a key but the name: `/core/pods/default/` of `/core/pods/default/web`. */
const namespacePrefixOf = (key: string): string => key.slice(0, key.lastIndexOf('/') + 1);
