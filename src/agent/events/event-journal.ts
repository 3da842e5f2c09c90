import { isApiError, isNotFound, messageOf } from '../../shared/api/errors.ts';
import { EVENTS, type Container, type Event, type Pod } from '../../shared/api/kinds.ts';
import { nameOf, type KubeObject } from '../../shared/api/meta.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import { Backoff, delay } from '../../shared/client/backoff.ts';
import type { Clock, Logger } from '../../shared/logger.ts';
import { kubeTime } from '../pods/container-status.ts';
import { fieldPathOf } from '../pods/pod-containers.ts';
import { readJson, writeAtomic } from '../state/atomic-file.ts';

/** What an event is about. */
export interface Subject extends KubeObject {
  apiVersion: string;
  kind: string;
}

/** Oldest first out: a machine cut off for days must not fill its disk. */
const MAX_PENDING = 2_000;
/** Upstream's aggregator remembers 4096 keys. */
const MAX_KNOWN = 4_096;

interface Known {
  name: string;
  namespace: string;
  count: number;
}

/**
 * The kubelet's event recorder: what happens while the API cannot be reached is kept on disk and delivered in order,
 * with the times it happened at. A repeated event raises the count of the first.
 */
export class EventJournal {
  #pending: Event[] = [];
  readonly #known = new Map<string, Known>();
  readonly #abort = new AbortController();
  #wake: () => void = () => undefined;
  #sequence = 0;
  #saving: Promise<void> | undefined;
  #dirty = false;

  constructor(private readonly deps: { client: ApiClient; file: string; host: string; clock: Clock; log: Logger }) {}

  /** Takes up what an earlier agent could not deliver, and starts delivering. */
  async start(): Promise<void> {
    const saved = await readJson(this.deps.file);
    if (Array.isArray(saved)) this.#pending = [...(saved as Event[]), ...this.#pending];
    void this.#deliver();
  }

  stop(): void {
    this.#abort.abort();
    this.#wake();
  }

  podEvent(pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string, container?: Container): void {
    const fieldPath = container && fieldPathOf(pod, container);
    this.record({ apiVersion: 'v1', kind: 'Pod', metadata: pod.metadata ?? {} }, type, reason, message, fieldPath);
  }

  record(subject: Subject, type: 'Normal' | 'Warning', reason: string, message: string, fieldPath?: string): void {
    const event = this.#compose(subject, type, reason, message, fieldPath);
    const last = this.#pending.findLast((pending) => keyOf(pending) === keyOf(event));
    if (last) {
      last.count = (last.count ?? 1) + 1;
      last.lastTimestamp = event.lastTimestamp ?? '';
    } else {
      this.#pending.push(event);
      if (this.#pending.length > MAX_PENDING) this.#pending.shift();
    }
    this.#wake();
  }

  #compose(subject: Subject, type: string, reason: string, message: string, fieldPath?: string): Event {
    this.#sequence += 1;
    const now = this.deps.clock.now();
    const stamp = (BigInt(now) * 1_000_000n + BigInt(this.#sequence)).toString(16);
    const namespace = subject.metadata?.namespace ?? 'default';
    const { uid, resourceVersion } = subject.metadata ?? {};
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${nameOf(subject)}.${stamp}`, namespace },
      involvedObject: {
        apiVersion: subject.apiVersion,
        kind: subject.kind,
        name: nameOf(subject),
        ...(subject.metadata?.namespace ? { namespace } : {}),
        ...(uid ? { uid } : {}),
        ...(resourceVersion ? { resourceVersion } : {}),
        ...(fieldPath ? { fieldPath } : {}),
      },
      type,
      reason,
      message: message.slice(0, 1024),
      source: { component: 'kubelet', host: this.deps.host },
      reportingComponent: 'kubelet',
      reportingInstance: this.deps.host,
      firstTimestamp: kubeTime(now),
      lastTimestamp: kubeTime(now),
      count: 1,
    };
  }

  async #deliver(): Promise<void> {
    // Quick at first, then patient: the tunnel may be away for days.
    const backoff = new Backoff(500, 15_000);
    const { signal } = this.#abort;
    while (!signal.aborted) {
      const event = this.#pending[0];
      if (!event) {
        await new Promise<void>((resolve) => (this.#wake = resolve));
        continue;
      }
      try {
        const sent = event.count ?? 1;
        await this.#send(event);
        backoff.forget('');
        // More of the same may have come while it was under way; they are sent as a count.
        if ((event.count ?? 1) === sent) this.#drop(event);
        else event.count = (event.count ?? 1) - sent;
        if (this.#dirty) await this.#save();
      } catch (error) {
        if (isApiError(error) && error.code >= 400 && error.code < 500 && error.code !== 429) {
          // Refused for good, as in a namespace that is going: upstream drops it too.
          this.deps.log.debug({ err: messageOf(error), reason: event.reason }, 'event refused');
          this.#drop(event);
          continue;
        }
        await this.#save();
        await delay(backoff.next(''), signal);
      }
    }
  }

  #drop(event: Event): void {
    this.#pending = this.#pending.filter((pending) => pending !== event);
  }

  async #send(event: Event): Promise<void> {
    const { client } = this.deps;
    const key = keyOf(event);
    const known = this.#known.get(key);
    if (known) {
      try {
        const count = known.count + (event.count ?? 1);
        await client.patch(EVENTS, known, { count, lastTimestamp: event.lastTimestamp });
        known.count = count;
        return;
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
    await client.create(EVENTS, event);
    const { name = '', namespace = 'default' } = event.metadata;
    this.#known.set(key, { name, namespace, count: event.count ?? 1 });
    if (this.#known.size > MAX_KNOWN) this.#known.delete(this.#known.keys().next().value ?? '');
  }

  /** Only while the API is away; writes that would overlap are made one. */
  async #save(): Promise<void> {
    this.#dirty = true;
    this.#saving ??= writeAtomic(this.deps.file, JSON.stringify(this.#pending)).finally(() => {
      this.#saving = undefined;
    });
    await this.#saving;
    if (this.#pending.length === 0) this.#dirty = false;
  }
}

function keyOf({ involvedObject: { uid, name, fieldPath }, type, reason, message }: Event): string {
  return [uid ?? name, fieldPath, type, reason, message].join('\0');
}
