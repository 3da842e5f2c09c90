import type { Pod } from '../../../shared/api/kinds.ts';
import { controllerOf, keyOf } from '../../../shared/api/meta.ts';
import { nonZeroRequests, podRequests, type Resources } from './resources.ts';

export interface HostPort {
  ip: string;
  protocol: string;
  port: number;
}

/** A pod with what scheduling asks of it again and again worked out once. */
export interface PodInfo {
  readonly pod: Pod;
  readonly uid: string;
  readonly key: string;
  readonly priority: number;
  readonly requests: Resources;
  readonly nonZero: { milliCpu: number; memory: number };
  readonly hostPorts: readonly HostPort[];
  /** Uid of the controller whose replica it is; undefined for bare pods and for those already on their way out. */
  readonly replicaOf: string | undefined;
}

export function podInfo(pod: Pod): PodInfo {
  return {
    pod,
    uid: pod.metadata?.uid ?? '',
    key: keyOf(pod),
    priority: pod.spec?.priority ?? 0,
    requests: podRequests(pod),
    nonZero: nonZeroRequests(pod),
    hostPorts: hostPorts(pod),
    replicaOf: pod.metadata?.deletionTimestamp ? undefined : controllerOf(pod)?.uid,
  };
}

/** Host ports of containers and of sidecars, which run beside them. */
function hostPorts(pod: Pod): HostPort[] {
  const sidecars = (pod.spec?.initContainers ?? []).filter((container) => container.restartPolicy === 'Always');
  return [...(pod.spec?.containers ?? []), ...sidecars].flatMap((container) =>
    (container.ports ?? []).flatMap(({ hostIP, protocol, hostPort }) =>
      hostPort ? [{ ip: hostIP || '0.0.0.0', protocol: protocol ?? 'TCP', port: hostPort }] : [],
    ),
  );
}
