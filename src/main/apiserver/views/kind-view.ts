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
  #byKey = new Map<string, T>();
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
    this.#byKey = new Map(page.items.map(({ key, value }) => [key, asObject(servedValue(this.kind, value)) as T]));
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
    return this.#byKey.get(prefixOf(this.kind, namespace) + name);
  }

  /** Everything, or what is in one namespace. Looks through the whole kind: for kinds of which there are few. */
  list(namespace = ''): T[] {
    const prefix = prefixOf(this.kind, namespace);
    const found: T[] = [];
    for (const [key, object] of this.#byKey) if (namespace === '' || key.startsWith(prefix)) found.push(object);
    return found;
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
    if (event.type === 'delete') this.#byKey.delete(event.key);
    else this.#byKey.set(event.key, asObject(servedValue(this.kind, event.value)) as T);
  }

  #changed(): void {
    this.#generation += 1;
    for (const listener of this.#listeners) listener();
  }
}
