import type { Pod } from '../../../shared/api/kinds.ts';
import type { PodInfo } from '../cache/pod-info.ts';
import { Heap } from './heap.ts';

/** Upstream's defaults: podInitialBackoffSeconds 1, podMaxBackoffSeconds 10, and the flush of what no event woke. */
const INITIAL_BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 10_000;
const UNSCHEDULABLE_FLUSH_MS = 5 * 60_000;

/** A pod waiting to be scheduled. */
export interface QueuedPod {
  info: PodInfo;
  /** When it came into the queue, for the order among equals. */
  queuedAt: number;
  /** Failed tries so far: each doubles the wait. */
  attempts: number;
  /** When the last try failed. */
  failedAt: number;
  /** The plugins that turned it away at the last try. */
  plugins: ReadonlySet<string>;
}

type Place = 'active' | 'backoff' | 'unschedulable' | 'gated' | 'scheduling';

interface Entry {
  pod: QueuedPod;
  place: Place;
}

/**
 * Pods by readiness to be tried (upstream PriorityQueue): active ones by priority and then age; those whose last try
 * was too recent; those that wait for something to change; those whose gates are closed. A pod is in one place only.
 */
export class SchedulingQueue {
  readonly #entries = new Map<string, Entry>();
  readonly #active = new Heap<Entry>(
    ({ pod: a }, { pod: b }) =>
      a.info.priority > b.info.priority || (a.info.priority === b.info.priority && a.queuedAt < b.queuedAt),
  );
  readonly #backoff = new Heap<Entry>(({ pod: a }, { pod: b }) => backoffEnd(a) < backoffEnd(b));
  #activeSize = 0;
  #unschedulable = 0;

  constructor(private readonly clock: { now(): number }) {}

  get size(): number {
    return this.#entries.size;
  }

  /** Pods that may be tried now. */
  get active(): number {
    return this.#activeSize;
  }

  get unschedulable(): number {
    return this.#unschedulable;
  }

  /** A pod was created or changed. A change that may help it ends its waiting. */
  put(info: PodInfo): void {
    const known = this.#entries.get(info.uid);
    if (!known) {
      const pod = { info, queuedAt: this.clock.now(), attempts: 0, failedAt: 0, plugins: new Set<string>() };
      return this.#enter(pod, isGated(info.pod) ? 'gated' : 'active');
    }
    const before = known.pod.info.pod;
    const pod = { ...known.pod, info };
    if (isGated(info.pod)) return this.#enter(pod, 'gated');
    if (known.place === 'gated') return this.#enter(pod, 'active');
    // Status writes, our own condition among them, change nothing about where it fits.
    if (known.place === 'unschedulable' && before.spec !== info.pod.spec && specChanged(before, info.pod))
      return this.#enter(pod, this.#readyPlace(pod));
    this.#enter(pod, known.place);
  }

  delete(uid: string): void {
    this.#leave(uid);
  }

  /** The next pod to try, or undefined. It stays known as being scheduled until `delete`, `fail` or `retry`. */
  pop(): QueuedPod | undefined {
    for (let entry = this.#active.pop(); entry; entry = this.#active.pop()) {
      if (!this.#isCurrent(entry, 'active')) continue;
      this.#activeSize -= 1;
      entry.place = 'scheduling';
      return entry.pod;
    }
    return undefined;
  }

  /** The try found no node: the pod waits for an event that concerns one of these plugins. */
  fail(pod: QueuedPod, plugins: ReadonlySet<string>): void {
    this.#return({ ...pod, attempts: pod.attempts + 1, failedAt: this.clock.now(), plugins }, 'unschedulable');
  }

  /** The try failed for a reason that has nothing to do with where the pod fits: again after its back-off. */
  retry(pod: QueuedPod): void {
    this.#return({ ...pod, attempts: pod.attempts + 1, failedAt: this.clock.now(), plugins: new Set() }, 'backoff');
  }

  /** Moves waiting pods for which `worthTrying` says so to where they will be tried, after their back-off. */
  wake(worthTrying: (pod: QueuedPod) => boolean): void {
    if (this.#unschedulable === 0) return;
    for (const { pod, place } of [...this.#entries.values()])
      if (place === 'unschedulable' && worthTrying(pod)) this.#enter(pod, this.#readyPlace(pod));
  }

  /** Makes pods active whose back-off is over. */
  flushBackoff(): void {
    const now = this.clock.now();
    for (let entry = this.#backoff.peek(); entry && backoffEnd(entry.pod) <= now; entry = this.#backoff.peek()) {
      this.#backoff.pop();
      if (this.#isCurrent(entry, 'backoff')) this.#enter(entry.pod, 'active');
    }
  }

  /** Tries again what has waited so long that some event must have been missed. */
  flushUnschedulable(): void {
    const now = this.clock.now();
    this.wake((pod) => now - pod.failedAt > UNSCHEDULABLE_FLUSH_MS);
  }

  #readyPlace(pod: QueuedPod): Place {
    return backoffEnd(pod) > this.clock.now() ? 'backoff' : 'active';
  }

  /** Puts a pod that was being scheduled back, in its newest version; not one that was deleted meanwhile. */
  #return(pod: QueuedPod, place: Place): void {
    const known = this.#entries.get(pod.info.uid);
    if (!known) return;
    this.#enter({ ...pod, info: known.pod.info }, isGated(known.pod.info.pod) ? 'gated' : place);
  }

  #enter(pod: QueuedPod, place: Place): void {
    this.#leave(pod.info.uid);
    const entry: Entry = { pod, place };
    this.#entries.set(pod.info.uid, entry);
    if (place === 'active') {
      this.#active.push(entry);
      this.#activeSize += 1;
    } else if (place === 'backoff') this.#backoff.push(entry);
    else if (place === 'unschedulable') this.#unschedulable += 1;
  }

  /** Heaps are left as they are: entries in them that are no longer current are passed over when they come up. */
  #leave(uid: string): void {
    const entry = this.#entries.get(uid);
    if (!entry) return;
    this.#entries.delete(uid);
    if (entry.place === 'active') this.#activeSize -= 1;
    if (entry.place === 'unschedulable') this.#unschedulable -= 1;
  }

  #isCurrent(entry: Entry, place: Place): boolean {
    return entry.place === place && this.#entries.get(entry.pod.info.uid) === entry;
  }
}

/** 1 s after the first failed try, doubling to 10 s. */
function backoffEnd(pod: QueuedPod): number {
  if (pod.attempts === 0) return 0;
  return pod.failedAt + Math.min(INITIAL_BACKOFF_MS * 2 ** (pod.attempts - 1), MAX_BACKOFF_MS);
}

const isGated = (pod: Pod): boolean => (pod.spec?.schedulingGates?.length ?? 0) > 0;

function specChanged(before: Pod, after: Pod): boolean {
  return (
    JSON.stringify([before.spec, before.metadata?.labels]) !== JSON.stringify([after.spec, after.metadata?.labels])
  );
}
