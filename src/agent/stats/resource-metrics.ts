import type { CpuStats, MemoryStats, StatsSummary } from '../../shared/api/stats-summary.ts';
import type { MetricFamily, MetricSample } from './exposition.ts';

/** `/metrics/resource` (pkg/kubelet/metrics/collectors/resource_metrics.go): what the metrics server scrapes. */
export function resourceFamilies(summary: StatsSummary | undefined): MetricFamily[] {
  const error: MetricFamily = {
    name: 'resource_scrape_error',
    help: '1 if there was an error while getting container metrics, 0 otherwise',
    type: 'gauge',
    samples: [{ labels: {}, value: summary ? 0 : 1 }],
  };
  if (!summary) return [error];
  const { node, pods } = summary;
  const containers = pods.flatMap(({ podRef, containers: all }) =>
    all.map((stats) => ({
      stats,
      labels: { container: stats.name, namespace: podRef.namespace, pod: podRef.name },
    })),
  );
  const ofPods = <T>(
    pick: (pod: (typeof pods)[number]) => T | undefined,
    sample: (value: T) => Sampled,
  ): MetricSample[] =>
    pods.flatMap((pod) => {
      const value = pick(pod);
      const labels = { namespace: pod.podRef.namespace, pod: pod.podRef.name };
      return value === undefined ? [] : [{ labels, ...sample(value) }];
    });
  return [
    {
      name: 'container_cpu_usage_seconds_total',
      help: 'Cumulative cpu time consumed by the container in core-seconds',
      type: 'counter',
      samples: containers.map(({ stats, labels }) => ({ labels, ...cpuSample(stats.cpu) })),
    },
    {
      name: 'container_memory_working_set_bytes',
      help: 'Current working set of the container in bytes',
      type: 'gauge',
      samples: containers.map(({ stats, labels }) => ({ labels, ...memorySample(stats.memory) })),
    },
    {
      name: 'container_start_time_seconds',
      help: 'Start time of the container since unix epoch in seconds',
      type: 'gauge',
      samples: containers.map(({ stats, labels }) => ({ labels, value: Date.parse(stats.startTime) / 1000 })),
    },
    {
      name: 'node_cpu_usage_seconds_total',
      help: 'Cumulative cpu time consumed by the node in core-seconds',
      type: 'counter',
      samples: [{ labels: {}, ...cpuSample(node.cpu) }],
    },
    {
      name: 'node_memory_working_set_bytes',
      help: 'Current working set of the node in bytes',
      type: 'gauge',
      samples: [{ labels: {}, ...memorySample(node.memory) }],
    },
    {
      name: 'pod_cpu_usage_seconds_total',
      help: 'Cumulative cpu time consumed by the pod in core-seconds',
      type: 'counter',
      samples: ofPods(({ cpu }) => cpu, cpuSample),
    },
    {
      name: 'pod_memory_working_set_bytes',
      help: 'Current working set of the pod in bytes',
      type: 'gauge',
      samples: ofPods(({ memory }) => memory, memorySample),
    },
    error,
  ];
}

type Sampled = Pick<MetricSample, 'value' | 'at'>;

const cpuSample = ({ time, usageCoreNanoSeconds }: CpuStats): Sampled => ({
  value: usageCoreNanoSeconds / 1e9,
  at: Date.parse(time),
});
const memorySample = ({ time, workingSetBytes }: MemoryStats): Sampled => ({
  value: workingSetBytes,
  at: Date.parse(time),
});
