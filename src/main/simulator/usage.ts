import type { Node, Pod } from '../../shared/api/kinds.ts';
import { fnv32a } from '../../shared/api/hash.ts';
import { milliValue, wholeValue } from '../../shared/api/quantity.ts';
import type { ContainerStats, StatsSummary } from '../../shared/api/stats-summary.ts';

const MiB = 2 ** 20;

/**
 * What a simulated container is said to use, in cores and bytes: the pod's `kwok.x-k8s.io/usage-cpu` and `-memory`
 * annotations, else about half of what it requests, in a slow wave of its own so that charts have something to show.
 */
export function containerUsage(pod: Pod, containerName: string, now: number): { cpu: number; memory: number } {
  const container = pod.spec?.containers.find((each) => each.name === containerName);
  const { cpu: cpuRequest = '20m', memory: memoryRequest = '32Mi' } = container?.resources?.requests ?? {};
  const annotations = pod.metadata?.annotations ?? {};
  const cpuBase = milliValue(annotations['kwok.x-k8s.io/usage-cpu'] ?? cpuRequest) / 1000;
  const memoryBase = wholeValue(annotations['kwok.x-k8s.io/usage-memory'] ?? memoryRequest);
  const phase =
    (fnv32a(new TextEncoder().encode(`${pod.metadata?.uid ?? ''}${containerName}`)) / 2 ** 32) * 2 * Math.PI;
  const wave =
    0.5 +
    0.2 * Math.sin((now / 180_000) * 2 * Math.PI + phase) +
    0.05 * Math.sin((now / 23_000) * 2 * Math.PI + phase * 3);
  return { cpu: cpuBase * wave, memory: memoryBase * (0.6 + wave / 5) };
}

/** The `/stats/summary` of a simulated node. */
export function simulatedSummary(node: Node, pods: Pod[], now: number): StatsSummary {
  const time = new Date(now).toISOString();
  const startTime = node.metadata?.creationTimestamp ?? time;
  let cpu = 0.05;
  let memory = 256 * MiB;
  const running = pods.filter((pod) => pod.status?.phase === 'Running');
  const podStats = running.map((pod) => ({
    podRef: { name: pod.metadata?.name ?? '', namespace: pod.metadata?.namespace ?? '', uid: pod.metadata?.uid ?? '' },
    startTime: pod.status?.startTime ?? time,
    containers: (pod.status?.containerStatuses ?? []).flatMap((status): ContainerStats[] => {
      if (!status.state?.running) return [];
      const usage = containerUsage(pod, status.name, now);
      cpu += usage.cpu;
      memory += usage.memory;
      return [{ name: status.name, startTime: status.state.running.startedAt ?? time, ...stats(usage, time) }];
    }),
  }));
  const availableBytes = Math.max(0, wholeValue(node.status?.capacity?.['memory'] ?? '0') - memory);
  const own = stats({ cpu, memory }, time);
  return {
    node: { nodeName: node.metadata?.name ?? '', startTime, cpu: own.cpu, memory: { ...own.memory, availableBytes } },
    pods: podStats,
  };
}

function stats(usage: { cpu: number; memory: number }, time: string): Pick<ContainerStats, 'cpu' | 'memory'> {
  const nanoCores = Math.round(usage.cpu * 1e9);
  const bytes = Math.round(usage.memory);
  return {
    cpu: { time, usageNanoCores: nanoCores, usageCoreNanoSeconds: 0 },
    memory: { time, workingSetBytes: bytes, usageBytes: bytes },
  };
}
