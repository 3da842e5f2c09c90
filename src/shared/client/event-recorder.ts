import type { Event } from '../api/kinds.ts';
import { EVENTS } from '../api/kinds.ts';
import { isNotFound } from '../api/errors.ts';
import { nameOf, type KubeObject } from '../api/meta.ts';
import type { ApiClient } from './api-client.ts';

export interface RecorderOptions {
  component: string;
  host?: string;
  now: () => Date;
  /** Where a failed write is told; recording never fails its caller. */
  onError: (error: unknown) => void;
}

/** What an event may be about: `kind` and `apiVersion` must be filled in. */
export interface Regarding extends KubeObject {
  kind: string;
  apiVersion: string;
}

/**
 * Records core/v1 Events as client-go's recorder does: the same (object, reason, message) again raises `count` and
 * `lastTimestamp` of the first event instead of making another. Writes are in order and never awaited by the caller.
 */
export class EventRecorder {
  readonly #known = new Map<string, { name: string; namespace: string; count: number }>();
  #tail: Promise<void> = Promise.resolve();
  #sequence = 0;

  constructor(
    private readonly client: ApiClient,
    private readonly options: RecorderOptions,
  ) {}

  /** `fieldPath` names a container: `spec.containers{app}`. */
  event(regarding: Regarding, type: 'Normal' | 'Warning', reason: string, message: string, fieldPath?: string): void {
    const at = this.options
      .now()
      .toISOString()
      .replace(/\.\d+Z$/, 'Z');
    this.#tail = this.#tail
      .then(() => this.#write(regarding, type, reason, message, at, fieldPath))
      .catch((error: unknown) => this.options.onError(error));
  }

  /** Resolves when everything recorded so far is written or given up. */
  flush(): Promise<void> {
    return this.#tail;
  }

  async #write(
    regarding: Regarding,
    type: string,
    reason: string,
    message: string,
    at: string,
    fieldPath?: string,
  ): Promise<void> {
    const id = [regarding.metadata?.uid, fieldPath, type, reason, message].join('\0');
    const known = this.#known.get(id);
    if (known) {
      try {
        known.count += 1;
        await this.client.patch(EVENTS, known, { count: known.count, lastTimestamp: at });
        return;
      } catch (error) {
        // The event has expired or was deleted: start a new one.
        if (!isNotFound(error)) throw error;
      }
    }
    const namespace = regarding.metadata?.namespace ?? 'default';
    const event = this.#compose(regarding, namespace, type, reason, message, at, fieldPath);
    await this.client.create(EVENTS, event, namespace);
    this.#known.set(id, { name: nameOf(event), namespace, count: 1 });
    // Like upstream's LRU of 4096 keys: an aggregator must not grow without end.
    if (this.#known.size > 4096) this.#known.delete(this.#known.keys().next().value ?? '');
  }

  #compose(
    regarding: Regarding,
    namespace: string,
    type: string,
    reason: string,
    message: string,
    at: string,
    fieldPath?: string,
  ): Event {
    this.#sequence += 1;
    const stamp = (BigInt(this.options.now().getTime()) * 1_000_000n + BigInt(this.#sequence)).toString(16);
    const { component, host } = this.options;
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${nameOf(regarding)}.${stamp}`, namespace },
      involvedObject: {
        kind: regarding.kind,
        apiVersion: regarding.apiVersion,
        name: nameOf(regarding),
        ...(regarding.metadata?.namespace ? { namespace: regarding.metadata.namespace } : {}),
        ...(regarding.metadata?.uid ? { uid: regarding.metadata.uid } : {}),
        ...(regarding.metadata?.resourceVersion ? { resourceVersion: regarding.metadata.resourceVersion } : {}),
        ...(fieldPath ? { fieldPath } : {}),
      },
      reason,
      // Upstream cuts messages at 1024 bytes.
      message: message.slice(0, 1024),
      source: { component, ...(host ? { host } : {}) },
      reportingComponent: component,
      reportingInstance: host ?? '',
      firstTimestamp: at,
      lastTimestamp: at,
      count: 1,
      type,
    };
  }
}
