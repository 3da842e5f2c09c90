import type { Event } from '../api/kinds.ts';
import { EVENTS } from '../api/kinds.ts';
import { isNotFound } from '../api/errors.ts';
import { nameOf, type KubeObject } from '../api/meta.ts';
import type { ApiClient } from './api-client.ts';
import { EventCorrelator } from './event-correlator.ts';

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

/** Upstream cuts messages at 1024 bytes. */
const MAX_MESSAGE = 1024;
/** Writes not yet made beyond which events are dropped, as upstream drops them: recording must not hold memory without end. */
const MAX_PENDING = 1000;

/**
 * Records core/v1 Events as client-go's recorder does: the same (object, reason, message) again raises `count` and
 * `lastTimestamp` of the first event instead of making another, and what floods is combined and cut off (see
 * EventCorrelator). Writes are in order and never awaited by the caller.
 */
export class EventRecorder {
  readonly #correlator = new EventCorrelator();
  readonly #written = new Map<string, { name: string; namespace: string }>();
  #tail: Promise<void> = Promise.resolve();
  #pending = 0;
  #sequence = 0;

  constructor(
    private readonly client: ApiClient,
    private readonly options: RecorderOptions,
  ) {}

  /** `fieldPath` names a container: `spec.containers{app}`. */
  event(regarding: Regarding, type: 'Normal' | 'Warning', reason: string, message: string, fieldPath?: string): void {
    if (this.#pending >= MAX_PENDING) return;
    const now = this.options.now();
    const { namespace, name, uid } = regarding.metadata ?? {};
    const about = [regarding.kind, regarding.apiVersion, namespace, name, uid, fieldPath].join('\0');
    const correlation = this.#correlator.correlate({ about, type, reason, message }, now.getTime());
    if (correlation.write === 'nothing') return;
    const count = correlation.write === 'again' ? correlation.count : 1;
    const at = now.toISOString().replace(/\.\d+Z$/, 'Z');
    this.#pending += 1;
    this.#tail = this.#tail
      .then(() => this.#write(correlation.id, count, regarding, type, reason, correlation.message, at, fieldPath))
      .catch((error: unknown) => {
        this.#correlator.forget(correlation.id);
        this.options.onError(error);
      })
      .finally(() => (this.#pending -= 1));
  }

  /** Resolves when everything recorded so far is written or given up. */
  flush(): Promise<void> {
    return this.#tail;
  }

  async #write(
    id: string,
    count: number,
    regarding: Regarding,
    type: string,
    reason: string,
    message: string,
    at: string,
    fieldPath?: string,
  ): Promise<void> {
    const known = this.#written.get(id);
    if (known) {
      try {
        await this.client.patch(EVENTS, known, { count, lastTimestamp: at, message: message.slice(0, MAX_MESSAGE) });
        return;
      } catch (error) {
        // The event has expired or was deleted: start a new one.
        if (!isNotFound(error)) throw error;
      }
    }
    const namespace = regarding.metadata?.namespace ?? 'default';
    const event = { ...this.#compose(regarding, namespace, type, reason, message, at, fieldPath), count };
    await this.client.create(EVENTS, event, namespace);
    this.#written.set(id, { name: nameOf(event), namespace });
    // Like upstream's LRU of 4096 keys: the memory of what was written must not grow without end.
    if (this.#written.size > 4096) this.#written.delete(this.#written.keys().next().value ?? '');
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
      message: message.slice(0, MAX_MESSAGE),
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
