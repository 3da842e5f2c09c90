import type { Amount } from '../api/amount.ts';
import type { Container, ContainerStatus, Pod } from '../api/kinds.ts';
import { addTo, amountsOf, raiseTo, sumOf, type Amounts } from './amounts.ts';

type Side = 'requests' | 'limits';

/** Resources that can be asked for by the pod as a whole (resourcehelper.IsSupportedPodLevelResource). */
const isPodLevel = (name: string): boolean => name === 'cpu' || name === 'memory' || name.startsWith('hugepages-');

/**
 * What a pod asks for, exactly (resourcehelper.PodRequests): its containers and sidecars, or its hungriest init
 * container; what the pod as a whole asks for instead where it does; and its overhead.
 */
export function podRequests(pod: Pod): Map<string, Amount> {
  const requests = aggregate(pod, 'requests');
  addTo(requests, amountsOf(pod.spec?.overhead));
  return requests;
}

/** What a pod may use at most; overhead is added to what is limited only (resourcehelper.PodLimits). */
export function podLimits(pod: Pod): Map<string, Amount> {
  const limits = aggregate(pod, 'limits');
  for (const [name, amount] of amountsOf(pod.spec?.overhead))
    if (limits.has(name)) addTo(limits, new Map([[name, amount]]));
  return limits;
}

function aggregate(pod: Pod, side: Side): Map<string, Amount> {
  const { containers = [], initContainers = [], resources } = pod.spec ?? {};
  const total = new Map<string, Amount>();
  for (const container of containers) addTo(total, effective(pod, container, side));
  const sidecars = new Map<string, Amount>();
  const initial = new Map<string, Amount>();
  for (const container of initContainers) {
    const isSidecar = container.restartPolicy === 'Always';
    const own = isSidecar ? effective(pod, container, side) : amountsOf(container.resources?.[side]);
    if (isSidecar) {
      addTo(total, own);
      addTo(sidecars, own);
    }
    // A sidecar stays; an ordinary init container runs beside the sidecars started before it.
    raiseTo(initial, isSidecar ? sidecars : sumOf(own, sidecars));
  }
  raiseTo(total, initial);
  for (const [name, amount] of amountsOf(resources?.[side])) if (isPodLevel(name)) total.set(name, amount);
  return total;
}

/** While a container is resized it counts with the most of what it asks for, has been given and is running with. */
function effective(pod: Pod, container: Container, side: Side): Amounts {
  const wanted = amountsOf(container.resources?.[side]);
  const status = statusOf(pod, container.name);
  if (!status?.resources) return wanted;
  const counted = isInfeasible(pod) ? new Map<string, Amount>() : wanted;
  raiseTo(counted, amountsOf(status.resources[side]));
  if (side === 'requests') raiseTo(counted, amountsOf(status.allocatedResources));
  return counted;
}

const statusOf = (pod: Pod, name: string): ContainerStatus | undefined =>
  [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])].find(
    (status) => status.name === name,
  );

/** The kubelet will not resize it: what is asked for now is not what it takes. */
const isInfeasible = (pod: Pod): boolean =>
  (pod.status?.conditions ?? []).some(
    ({ type, status, reason }) => type === 'PodResizePending' && status === 'True' && reason === 'Infeasible',
  );
