import type { Pod } from '../../shared/api/kinds.ts';
import { qosClass } from '../runtime/resources.ts';
import { podConditions } from './conditions.ts';
import { containerStatuses, kubeTime, type ContainerStatusInput } from './container-status.ts';
import { podPhase } from './phase.ts';

export type PodStatus = NonNullable<Pod['status']>;

export interface PodStatusInput extends ContainerStatusInput {
  /** The pod is being stopped for good (deleted, or ended). */
  stopping: boolean;
  /** The machine's address. */
  hostIp: string | undefined;
  now: number;
}

/** The whole status the kubelet reports of a pod (kubelet_pods.go generateAPIPodStatus). */
export function podStatus(input: PodStatusInput): PodStatus {
  const { pod, observed } = input;
  const before = pod.status ?? {};
  const init = containerStatuses(input, pod.spec?.initContainers ?? [], before.initContainerStatuses ?? [], {
    init: true,
  });
  const main = containerStatuses(input, pod.spec?.containers ?? [], before.containerStatuses ?? [], { init: false });
  const sandbox = observed.sandboxes.find(({ running }) => running);
  const podIp = pod.spec?.hostNetwork ? (sandbox ? input.hostIp : undefined) : sandbox?.podIp;
  const ended = before.phase === 'Succeeded' || before.phase === 'Failed';
  // A pod that has ended stays ended, as the API server would insist.
  const phase = ended ? (before.phase as 'Succeeded' | 'Failed') : podPhase(pod, init, main, input.stopping);
  const now = kubeTime(input.now);
  // The address outlives the sandbox in the status of an ended pod.
  const shownIp = podIp ?? (phase === 'Succeeded' || phase === 'Failed' || input.stopping ? before.podIP : undefined);
  return {
    ...(pod.metadata?.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    phase,
    conditions: podConditions({ pod, phase, init, main, sandboxReady: sandbox !== undefined, now }),
    ...(before.reason ? { reason: before.reason } : {}),
    ...(before.message ? { message: before.message } : {}),
    ...(input.hostIp ? { hostIP: input.hostIp, hostIPs: [{ ip: input.hostIp }] } : {}),
    ...(shownIp ? { podIP: shownIp, podIPs: [{ ip: shownIp }] } : {}),
    startTime: before.startTime ?? now,
    ...(init.length > 0 ? { initContainerStatuses: init } : {}),
    containerStatuses: main,
    qosClass: before.qosClass ?? qosClass(pod),
  };
}
