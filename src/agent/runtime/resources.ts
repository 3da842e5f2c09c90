import type { Container, Pod } from '../../shared/api/kinds.ts';
import { milliValue, wholeValue } from '../../shared/api/quantity.ts';

/** CFS period in microseconds (kubelet's cpuCFSQuotaPeriod default). */
const CPU_PERIOD_US = 100_000;
/** The kernel takes no smaller quota (pkg/kubelet/cm: MinQuotaPeriod). */
const MIN_QUOTA_US = 1_000;
const MIN_SHARES = 2;

export interface DockerResources {
  CpuShares: number;
  CpuPeriod?: number;
  CpuQuota?: number;
  Memory?: number;
  MemorySwap?: number;
}

/** Requests and limits in Docker's terms (pkg/kubelet/kuberuntime/kuberuntime_container_linux.go). */
export function dockerResources(container: Container): DockerResources {
  const { requests, limits } = container.resources ?? {};
  // A missing request counts as the limit; without either the container gets the smallest share.
  const cpuRequest = requests?.['cpu'] ?? limits?.['cpu'];
  const cpuLimit = limits?.['cpu'];
  const memory = limits?.['memory'] === undefined ? 0 : wholeValue(limits['memory']);
  return {
    CpuShares: cpuRequest === undefined ? MIN_SHARES : cpuShares(milliValue(cpuRequest)),
    ...(cpuLimit === undefined || milliValue(cpuLimit) === 0
      ? {}
      : { CpuPeriod: CPU_PERIOD_US, CpuQuota: cpuQuota(milliValue(cpuLimit)) }),
    // Equal values mean no swap.
    ...(memory > 0 ? { Memory: memory, MemorySwap: memory } : {}),
  };
}

function cpuShares(milli: number): number {
  return Math.max(MIN_SHARES, Math.floor((milli * 1024) / 1000));
}

function cpuQuota(milli: number): number {
  return Math.max(MIN_QUOTA_US, Math.floor((milli * CPU_PERIOD_US) / 1000));
}

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

/** The pod's QoS class (pkg/apis/core/v1/helper/qos), for pods whose status does not say it yet. */
export function qosClass(pod: Pod): QosClass {
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  const amounts = containers.map(({ resources }) => ({
    requests: positive(resources?.requests),
    limits: positive(resources?.limits),
  }));
  if (amounts.every(({ requests, limits }) => requests.size === 0 && limits.size === 0)) return 'BestEffort';
  const guaranteed = amounts.every(({ requests, limits }) =>
    ['cpu', 'memory'].every(
      (name) => limits.has(name) && (requests.get(name) ?? limits.get(name)) === limits.get(name),
    ),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

function positive(list: Record<string, string> | undefined): Map<string, number> {
  const known = Object.entries(list ?? {}).filter(([name]) => name === 'cpu' || name === 'memory');
  return new Map(
    known.map(([name, quantity]) => [name, milliValue(quantity)] as const).filter(([, milli]) => milli > 0),
  );
}

/** Priority from which a pod is critical to the node (scheduling.SystemCriticalPriority). */
const CRITICAL_PRIORITY = 2_000_000_000;

/** How soon the kernel kills the container when the machine runs out of memory (pkg/kubelet/qos/policy.go). */
export function oomScoreAdj(pod: Pod, container: Container, memoryCapacityBytes: number): number {
  if ((pod.spec?.priority ?? 0) >= CRITICAL_PRIORITY) return -997;
  const qos = qosClass(pod);
  if (qos === 'Guaranteed') return -997;
  if (qos === 'BestEffort') return 1000;
  const request = container.resources?.requests?.['memory'];
  const bytes = request === undefined ? 0 : wholeValue(request);
  const score = 1000 - Math.floor((1000 * bytes) / memoryCapacityBytes);
  // Above Guaranteed, below BestEffort.
  return Math.min(999, Math.max(3, score));
}
