import type { Pod } from '../../shared/api/kinds.ts';
import { qosClass } from '../runtime/resources.ts';
import { podConditions, type PodCondition } from './conditions.ts';
import { containerStatuses, kubeTime, type ContainerStatusInput } from './container-status.ts';
import { podPhase, type PodPhase } from './phase.ts';
import { ephemeralContainersOf } from './pod-containers.ts';
import type { PodEnd } from './pod-end.ts';

export type PodStatus = NonNullable<Pod['status']>;

export interface PodStatusInput extends ContainerStatusInput {
  /** The pod is being stopped for good (deleted, or ended). */
  stopping: boolean;
  /** Set when the kubelet itself has ended the pod: it has failed once nothing of it runs any more. */
  end?: PodEnd;
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
  const ephemeral = containerStatuses(input, ephemeralContainersOf(pod), before.ephemeralContainerStatuses ?? [], {
    init: false,
  });
  const sandbox = observed.sandboxes.find(({ running }) => running);
  const podIp = pod.spec?.hostNetwork ? (sandbox ? input.hostIp : undefined) : sandbox?.podIp;
  const phase = phaseOf(input, () => podPhase(pod, init, main, input.stopping));
  const { reason, message } = phase === 'Failed' && input.end ? input.end : before;
  const now = kubeTime(input.now);
  // The address outlives the sandbox in the status of an ended pod.
  const shownIp = podIp ?? (phase === 'Succeeded' || phase === 'Failed' || input.stopping ? before.podIP : undefined);
  return {
    ...(pod.metadata?.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    phase,
    conditions: withDisruption(
      podConditions({ pod, phase, init, main, sandboxReady: sandbox !== undefined, now }),
      input.end,
      now,
    ),
    ...(reason ? { reason } : {}),
    ...(message ? { message } : {}),
    ...(input.hostIp ? { hostIP: input.hostIp, hostIPs: [{ ip: input.hostIp }] } : {}),
    ...(shownIp ? { podIP: shownIp, podIPs: [{ ip: shownIp }] } : {}),
    startTime: before.startTime ?? now,
    ...(init.length > 0 ? { initContainerStatuses: init } : {}),
    containerStatuses: main,
    ...(ephemeral.length > 0 ? { ephemeralContainerStatuses: ephemeral } : {}),
    qosClass: before.qosClass ?? qosClass(pod),
  };
}

function phaseOf({ pod, observed, end }: PodStatusInput, ofContainers: () => PodPhase): PodPhase {
  const { phase } = pod.status ?? {};
  // A pod that has ended stays ended, as the API server would insist.
  if (phase === 'Succeeded' || phase === 'Failed') return phase;
  // Only once nothing of it runs, as its place is given away then (pkg/kubelet/status mergePodStatus).
  return end && observed.containers.every(({ state }) => state !== 'running') ? 'Failed' : ofContainers();
}

/** An evicted pod says so in a condition of its own (pkg/kubelet/eviction: TerminationByKubelet). */
function withDisruption(conditions: PodCondition[], end: PodEnd | undefined, now: string): PodCondition[] {
  const type = 'DisruptionTarget';
  if (!end?.disrupted || conditions.some((condition) => condition.type === type)) return conditions;
  const { message } = end;
  return [...conditions, { type, status: 'True', reason: 'TerminationByKubelet', message, lastTransitionTime: now }];
}
