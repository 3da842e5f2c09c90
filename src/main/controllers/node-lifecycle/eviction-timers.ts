import type { Pod, Taint } from '../../../shared/api/kinds.ts';
import { NOT_READY, UNREACHABLE } from './taints.ts';
import { tolerationSeconds } from './tolerations.ts';

interface Timer {
  key: string;
  uid: string;
  startedAt: number;
  seconds: number;
  /** Whether all taints behind it are the node lifecycle's own, put there because a node was silent. */
  forSilence: boolean;
}

/**
 * Which pods are to be evicted when, by uid (upstream tainteviction's TimedWorkerQueue). Nothing fires by itself:
 * `due` is asked at each tick, after it is known whether we slept, so no timer can go off on waking.
 */
export class EvictionTimers {
  readonly #timers = new Map<string, Timer>();
  #holdUntil = 0;

  /**
   * Sets, keeps or cancels the pod's timer for the taints its node has now. A timer that runs keeps its start, so
   * that a second taint does not lengthen the stay. Returns what was done, for the event.
   */
  update(pod: Pod, key: string, taints: readonly Taint[], now: number): 'set' | 'kept' | 'cancelled' | 'none' {
    const uid = pod.metadata?.uid ?? '';
    const noExecute = taints.filter((taint) => taint.effect === 'NoExecute');
    const seconds = noExecute.length === 0 ? Infinity : tolerationSeconds(noExecute, pod.spec?.tolerations ?? []);
    if (seconds === Infinity) return this.#timers.delete(uid) ? 'cancelled' : 'none';
    const running = this.#timers.get(uid);
    const forSilence = noExecute.every((taint) => taint.key === NOT_READY || taint.key === UNREACHABLE);
    this.#timers.set(uid, {
      key,
      uid,
      startedAt: running?.startedAt ?? this.#start(forSilence, now),
      seconds,
      forSilence,
    });
    return running ? 'kept' : 'set';
  }

  forget(uid: string): void {
    this.#timers.delete(uid);
  }

  /** Pods whose time is up. Their timers stay until the pod is seen to go, so a failed delete is tried again. */
  due(now: number): { key: string; uid: string }[] {
    const up = [...this.#timers.values()].filter((timer) => now >= timer.startedAt + timer.seconds * 1000);
    return up.map(({ key, uid }) => ({ key, uid }));
  }

  /**
   * We were away, or have just started, and cannot know who was really silent. Timers that run because of a node's
   * silence start anew at `until`, by when the node has had its chance to be heard; those for other taints go on.
   */
  hold(until: number): void {
    this.#holdUntil = until;
    for (const timer of this.#timers.values()) if (timer.forSilence) timer.startedAt = until;
  }

  #start(forSilence: boolean, now: number): number {
    return forSilence ? Math.max(now, this.#holdUntil) : now;
  }
}
