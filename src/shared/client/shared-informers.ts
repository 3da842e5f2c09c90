import { apiVersionOf, type ResourceType } from '../api/kinds.ts';
import type { KubeObject } from '../api/meta.ts';
import type { ApiClient } from './api-client.ts';
import { Informer } from './informer.ts';

/** One informer a kind for everybody who asks: many readers, one list and one watch (client-go SharedInformerFactory). */
export class SharedInformers {
  readonly #informers = new Map<string, Informer<KubeObject>>();

  constructor(
    private readonly client: ApiClient,
    /** Told of failed lists and watches (which are tried again) and of handlers that threw. */
    private readonly onError: (error: unknown, type: ResourceType) => void,
  ) {}

  /** The informer of a kind, over all namespaces. Not started: call `start` after the handlers are in place. */
  of<T extends KubeObject>(type: ResourceType<T>): Informer<T> {
    const id = `${apiVersionOf(type)}/${type.plural}`;
    const known = this.#informers.get(id);
    // The key is the kind, so what is filed under it was made for the same T.
    if (known) return known as unknown as Informer<T>;
    const informer = new Informer<T>(this.client, type, { onError: (error) => this.onError(error, type) });
    this.#informers.set(id, informer as unknown as Informer<KubeObject>);
    return informer;
  }

  /** Starts every informer asked for so far and resolves when all have their first list. */
  async start(): Promise<void> {
    await Promise.all([...this.#informers.values()].map((informer) => informer.start()));
  }

  stop(): void {
    for (const informer of this.#informers.values()) informer.stop();
    this.#informers.clear();
  }
}
