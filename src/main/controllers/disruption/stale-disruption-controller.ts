import { isNotFound } from '../../../shared/api/errors.ts';
import { PODS, type Pod } from '../../../shared/api/kinds.ts';
import { keyOf, nameOf } from '../../../shared/api/meta.ts';
import { Controller, type Requeue } from '../runtime/controller.ts';
import type { ControllerDeps, RunningController } from '../runtime/dependencies.ts';
import { isPodFinished, podCondition } from '../runtime/pod-state.ts';
import { timestamp } from '../runtime/timestamp.ts';

/** Upstream's stalePodDisruptionTimeout. */
const TIMEOUT_MS = 2 * 60_000;

/**
 * How long until a pod's DisruptionTarget condition has come to nothing: it is said to go and does not. Undefined when
 * the condition is not there, stands for something that happens, or is the kubelet's own, which may take its time.
 */
export function staleInMs(pod: Pod, now: number): number | undefined {
  const condition = podCondition(pod, 'DisruptionTarget');
  if (condition?.status !== 'True' || condition.reason === 'TerminationByKubelet') return undefined;
  if (pod.metadata?.deletionTimestamp !== undefined || isPodFinished(pod)) return undefined;
  return Math.max(0, Date.parse(condition.lastTransitionTime ?? '') + TIMEOUT_MS - now);
}

/** Takes back DisruptionTarget from pods that stayed. */
export function staleDisruptionController(deps: ControllerDeps): RunningController {
  const { client, clock } = deps;
  const pods = deps.informers.of(PODS);

  async function reconcile(key: string): Promise<Requeue | undefined> {
    const pod = pods.get(key);
    const waitMs = pod && staleInMs(pod, clock.now());
    if (!pod || waitMs === undefined) return undefined;
    if (waitMs > 0) return { afterMs: waitMs };
    const condition = { type: 'DisruptionTarget', status: 'False', lastTransitionTime: timestamp(clock.now()) };
    const target = { name: nameOf(pod), namespace: pod.metadata?.namespace, subresource: 'status' };
    try {
      await client.patch(PODS, target, { status: { conditions: [condition] } }, 'strategic');
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    return undefined;
  }

  return new Controller(deps, { name: 'stale-pod-disruption', concurrency: 1, reconcile }).watch(pods, (change) =>
    change.type !== 'deleted' && staleInMs(change.object, clock.now()) !== undefined ? [keyOf(change.object)] : [],
  );
}
