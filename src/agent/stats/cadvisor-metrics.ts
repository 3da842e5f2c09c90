import type { MachineFacts } from '../node/machine-facts.ts';
import type { CgroupDetails } from './cgroup-details.ts';
import type { MetricFamily, MetricSample } from './exposition.ts';
import type { InterfaceCounters } from './network-counters.ts';

export interface MeasuredContainer {
  id: string;
  name: string;
  image: string;
  /** Milliseconds since the epoch. */
  startedAt: number;
  details: CgroupDetails;
}

export interface MeasuredPod {
  name: string;
  namespace: string;
  containers: MeasuredContainer[];
  /** The pause container and what its namespace's interfaces carried; none for a pod on the machine's own network. */
  sandbox?: { id: string; image: string; interfaces: InterfaceCounters[] };
}

type Columns = [name: string, type: MetricFamily['type'], help: string, (each: CgroupDetails) => number | undefined][];

const seconds = (nanoseconds: number): number => nanoseconds / 1e9;

/** cadvisor's metrics/prometheus.go: names, kinds and words. */
const CONTAINER: Columns = [
  [
    'container_cpu_usage_seconds_total',
    'counter',
    'Cumulative cpu time consumed in seconds.',
    (c) => seconds(c.cpuNanoseconds),
  ],
  [
    'container_cpu_user_seconds_total',
    'counter',
    'Cumulative user cpu time consumed in seconds.',
    (c) => seconds(c.userNanoseconds),
  ],
  [
    'container_cpu_system_seconds_total',
    'counter',
    'Cumulative system cpu time consumed in seconds.',
    (c) => seconds(c.systemNanoseconds),
  ],
  [
    'container_cpu_cfs_periods_total',
    'counter',
    'Number of elapsed enforcement period intervals.',
    (c) => quota(c, c.periods),
  ],
  [
    'container_cpu_cfs_throttled_periods_total',
    'counter',
    'Number of throttled period intervals.',
    (c) => quota(c, c.throttledPeriods),
  ],
  [
    'container_cpu_cfs_throttled_seconds_total',
    'counter',
    'Total time duration the container has been throttled.',
    (c) => quota(c, seconds(c.throttledNanoseconds)),
  ],
  [
    'container_memory_usage_bytes',
    'gauge',
    'Current memory usage in bytes, including all memory regardless of when it was accessed',
    (c) => c.memoryBytes,
  ],
  ['container_memory_working_set_bytes', 'gauge', 'Current working set in bytes.', (c) => c.workingSetBytes],
  ['container_memory_rss', 'gauge', 'Size of RSS in bytes.', (c) => c.rssBytes],
  ['container_memory_cache', 'gauge', 'Number of bytes of page cache memory.', (c) => c.cacheBytes],
  ['container_memory_swap', 'gauge', 'Container swap usage in bytes.', (c) => c.swapBytes],
  ['container_memory_mapped_file', 'gauge', 'Size of memory mapped files in bytes.', (c) => c.mappedFileBytes],
  ['container_memory_max_usage_bytes', 'gauge', 'Maximum memory usage recorded in bytes', (c) => c.maxMemoryBytes],
  ['container_memory_failcnt', 'counter', 'Number of memory usage hits limits', (c) => c.failcnt],
  ['container_processes', 'gauge', 'Number of processes running inside the container.', (c) => c.processes],
  ['container_spec_memory_limit_bytes', 'gauge', 'Memory limit for the container.', (c) => c.memoryLimitBytes ?? 0],
  ['container_spec_cpu_shares', 'gauge', 'CPU share of the container.', (c) => c.cpuShares],
  ['container_spec_cpu_period', 'gauge', 'CPU period of the container.', (c) => c.cpuPeriodMicroseconds],
  ['container_spec_cpu_quota', 'gauge', 'CPU quota of the container.', (c) => c.cpuQuotaMicroseconds],
];

/** The three about throttling are told only of containers that have a quota. */
const quota = ({ cpuQuotaMicroseconds }: CgroupDetails, value: number): number | undefined =>
  cpuQuotaMicroseconds === undefined ? undefined : value;

const NETWORK: [name: string, help: string, (each: InterfaceCounters) => number][] = [
  ['container_network_receive_bytes_total', 'Cumulative count of bytes received', (i) => i.rxBytes],
  ['container_network_receive_packets_total', 'Cumulative count of packets received', (i) => i.rxPackets],
  [
    'container_network_receive_packets_dropped_total',
    'Cumulative count of packets dropped while receiving',
    (i) => i.rxDropped,
  ],
  [
    'container_network_receive_errors_total',
    'Cumulative count of errors encountered while receiving',
    (i) => i.rxErrors,
  ],
  ['container_network_transmit_bytes_total', 'Cumulative count of bytes transmitted', (i) => i.txBytes],
  ['container_network_transmit_packets_total', 'Cumulative count of packets transmitted', (i) => i.txPackets],
  [
    'container_network_transmit_packets_dropped_total',
    'Cumulative count of packets dropped while transmitting',
    (i) => i.txDropped,
  ],
  [
    'container_network_transmit_errors_total',
    'Cumulative count of errors encountered while transmitting',
    (i) => i.txErrors,
  ],
];

/** `/metrics/cadvisor`: containers, their pods' networks, and the machine. `now` in milliseconds. */
export function cadvisorFamilies(facts: MachineFacts, pods: readonly MeasuredPod[], now: number): MetricFamily[] {
  const containers = pods.flatMap((pod) =>
    pod.containers.map((container) => ({ container, labels: containerLabels(pod, container) })),
  );
  const each = (value: (container: MeasuredContainer) => number | undefined): MetricSample[] =>
    containers.flatMap(({ container, labels }) => {
      const found = value(container);
      return found === undefined ? [] : [{ labels, value: found, at: now }];
    });
  return [
    ...CONTAINER.map(([name, type, help, value]): MetricFamily => {
      const samples = each(({ details }) => value(details));
      // The total over all processors, as newer kernels tell no other.
      if (name === 'container_cpu_usage_seconds_total')
        for (const sample of samples) sample.labels = { ...sample.labels, cpu: 'total' };
      return { name, type, help, samples };
    }),
    {
      name: 'container_memory_failures_total',
      type: 'counter',
      help: 'Cumulative count of memory allocation failures.',
      samples: containers.flatMap(({ container: { details }, labels }) =>
        [
          { failure_type: 'pgfault', value: details.pageFaults },
          { failure_type: 'pgmajfault', value: details.majorPageFaults },
        ].map(({ failure_type, value }) => ({
          labels: { ...labels, failure_type, scope: 'container' },
          value,
          at: now,
        })),
      ),
    },
    {
      name: 'container_start_time_seconds',
      type: 'gauge',
      help: 'Start time of the container since unix epoch in seconds.',
      samples: each(({ startedAt }) => Math.floor(startedAt / 1000)),
    },
    {
      name: 'container_last_seen',
      type: 'gauge',
      help: 'Last time a container was seen by the exporter',
      samples: each(() => Math.floor(now / 1000)),
    },
    ...NETWORK.map(([name, help, value]): MetricFamily => ({
      name,
      type: 'counter',
      help,
      samples: pods.flatMap((pod) => networkSamples(pod, value, now)),
    })),
    ...machineFamilies(facts),
  ];
}

function containerLabels({ name, namespace }: MeasuredPod, container: MeasuredContainer): Record<string, string> {
  return {
    container: container.name,
    id: `/docker/${container.id}`,
    image: container.image,
    name: container.id,
    namespace,
    pod: name,
  };
}

function networkSamples(
  { name: pod, namespace, sandbox }: MeasuredPod,
  value: (each: InterfaceCounters) => number,
  now: number,
): MetricSample[] {
  if (!sandbox) return [];
  const { id, image, interfaces } = sandbox;
  return interfaces.map((each) => ({
    labels: { container: '', id: `/docker/${id}`, image, interface: each.name, name: id, namespace, pod },
    value: value(each),
    at: now,
  }));
}

function machineFamilies(facts: MachineFacts): MetricFamily[] {
  const labels = { boot_id: facts.bootId, machine_id: facts.machineId, system_uuid: facts.systemUuid };
  const gauge = (name: string, help: string, value: number, extra: Record<string, string> = labels): MetricFamily => ({
    name,
    help,
    type: 'gauge',
    samples: [{ labels: extra, value }],
  });
  return [
    gauge('machine_cpu_cores', 'Number of logical CPU cores.', facts.cpus),
    gauge('machine_memory_bytes', 'Amount of memory installed on the machine.', facts.memoryBytes),
    gauge(
      'cadvisor_version_info',
      "A metric with a constant '1' value labeled by kernel version, OS version, docker version, cadvisor version & cadvisor revision.",
      1,
      {
        cadvisorRevision: '',
        cadvisorVersion: '',
        dockerVersion: facts.dockerVersion,
        kernelVersion: facts.kernelVersion,
        osVersion: facts.osImage,
      },
    ),
  ];
}
