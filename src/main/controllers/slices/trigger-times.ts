import type { Pod, Service } from '../../../shared/api/kinds.ts';
import { nameOf } from '../../../shared/api/meta.ts';
import { podCondition } from '../runtime/pod-state.ts';
import { timestamp } from '../runtime/timestamp.ts';

interface Known {
  service: number;
  pods: Map<string, number>;
}

/**
 * When what is about to be written was caused: the earliest change of a pod's readiness, or of the Service, since the
 * last time (trigger_time_tracker.go). Says how long endpoints take to reach the nodes.
 */
export class TriggerTimes {
  readonly #known = new Map<string, Known>();

  /** RFC 3339; undefined when nothing has changed that has a time. Remembers what it saw. */
  next(key: string, service: Service, pods: readonly Pod[]): string | undefined {
    const before = this.#known.get(key);
    const known: Known = { service: parse(service.metadata?.creationTimestamp), pods: new Map() };
    const changed: number[] = [];
    for (const pod of pods) {
      const at = parse(podCondition(pod, 'Ready')?.lastTransitionTime);
      known.pods.set(nameOf(pod), at);
      if (at > (before?.pods.get(nameOf(pod)) ?? 0)) changed.push(at);
    }
    if (known.service > (before?.service ?? 0)) changed.push(known.service);
    this.#known.set(key, known);
    // Of a Service that is new to us: its pods may have been there long before.
    const first = before ? Math.min(...changed) : known.service;
    return Number.isFinite(first) && first > 0 ? timestamp(first) : undefined;
  }

  forget(key: string): void {
    this.#known.delete(key);
  }
}

const parse = (time: string | undefined): number => (time === undefined ? 0 : Date.parse(time));
