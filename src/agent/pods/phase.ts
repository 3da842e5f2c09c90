import type { ContainerStatus, Pod } from '../../shared/api/kinds.ts';
import { isSidecar } from './restart-policy.ts';

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

/**
 * The pod's phase from its containers' statuses (kubelet_pods.go getPhase). `stopping`: the pod is being stopped for
 * good, so that ended containers are the end of it whatever the restart policy.
 */
export function podPhase(pod: Pod, init: ContainerStatus[], main: ContainerStatus[], stopping: boolean): PodPhase {
  const policy = pod.spec?.restartPolicy ?? 'Always';
  let pendingInit = 0;
  let failedInit = 0;
  for (const [index, container] of (pod.spec?.initContainers ?? []).entries()) {
    const status = init[index];
    const ended = status?.state?.terminated ?? (status?.state?.waiting ? status.lastState?.terminated : undefined);
    if (isSidecar(container)) {
      if (!status?.started && !ended) pendingInit += 1;
    } else if (status?.state?.running) pendingInit += 1;
    else if (!ended) pendingInit += 1;
    else if (ended.exitCode !== 0) {
      if (policy === 'Never' || stopping) failedInit += 1;
      else pendingInit += 1;
    }
  }
  const seen = { running: 0, waiting: 0, stopped: 0, succeeded: 0 };
  for (const status of main) {
    if (status.state?.running) seen.running += 1;
    else if (status.state?.terminated) {
      seen.stopped += 1;
      if (status.state.terminated.exitCode === 0) seen.succeeded += 1;
    } else if (status.lastState?.terminated) seen.stopped += 1;
    else seen.waiting += 1;
  }
  if (failedInit > 0) return 'Failed';
  const started = seen.running + seen.stopped > 0;
  if (pendingInit > 0 && !started) return 'Pending';
  if (seen.waiting > 0) return 'Pending';
  if (seen.running > 0) return 'Running';
  if (seen.stopped === 0) return 'Pending';
  if (!stopping && policy === 'Always') return 'Running';
  if (seen.stopped === seen.succeeded) return 'Succeeded';
  return stopping || policy === 'Never' ? 'Failed' : 'Running';
}
