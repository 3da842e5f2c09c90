import { Counter, Gauge, type Registry } from 'prom-client';
import type { ObservedPod } from '../runtime/observed.ts';

export interface KubeletMetricsDeps {
  registry: Registry;
  nodeName: string;
  observeAll: () => Promise<Map<string, ObservedPod>>;
  /** How many pods this machine should run. */
  desiredPods: () => number;
}

/** What the rest of the agent counts. */
export interface KubeletCounters {
  /** A pod was evicted; `signal` as upstream names it, e.g. `memory.available`. */
  evicted(signal: string): void;
}

/** What the agent tells of itself under kubelet's names (pkg/kubelet/metrics/metrics.go), in the registry behind `/metrics`. */
export function kubeletMetrics({ registry, nodeName, observeAll, desiredPods }: KubeletMetricsDeps): KubeletCounters {
  const registers = [registry];
  new Gauge({
    name: 'kubelet_node_name',
    help: "The node's name. The count is always 1.",
    labelNames: ['node'],
    registers,
  }).set({ node: nodeName }, 1);
  new Gauge({
    name: 'kubelet_desired_pods',
    help: 'The number of pods the kubelet is being instructed to run. static is true if the pod is not from the apiserver.',
    labelNames: ['static'],
    registers,
    collect() {
      this.set({ static: '' }, desiredPods());
    },
  });
  // With Docker away neither is known, and neither is told.
  const look = async (): Promise<ObservedPod[] | undefined> =>
    observeAll().then(
      (pods) => [...pods.values()],
      () => undefined,
    );
  new Gauge({
    name: 'kubelet_running_containers',
    help: 'Number of containers currently running',
    labelNames: ['container_state'],
    registers,
    async collect() {
      this.reset();
      const pods = await look();
      if (!pods) return;
      for (const state of ['created', 'running', 'exited'] as const) {
        const count = pods.reduce((sum, pod) => sum + pod.containers.filter((each) => each.state === state).length, 0);
        this.set({ container_state: state }, count);
      }
    },
  });
  new Gauge({
    name: 'kubelet_running_pods',
    help: 'Number of pods that have a running pod sandbox',
    registers,
    async collect() {
      this.remove();
      const pods = await look();
      if (pods) this.set(pods.filter(({ sandboxes }) => sandboxes.some(({ running }) => running)).length);
    },
  });
  const evictions = new Counter({
    name: 'kubelet_evictions',
    help: 'Cumulative number of pod evictions by eviction signal',
    labelNames: ['eviction_signal'],
    registers,
  });
  processMetrics(registry);
  return { evicted: (signal) => evictions.inc({ eviction_signal: signal }) };
}

/** The three that every dashboard asks for; prom-client's own set would wake the process a hundred times a second. */
function processMetrics(registry: Registry): void {
  const registers = [registry];
  new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory size in bytes.',
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  const cpu = new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Total user and system CPU time spent in seconds.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  cpu.inc(0);
  new Gauge({
    name: 'process_start_time_seconds',
    help: 'Start time of the process since unix epoch in seconds.',
    registers,
  }).set(performance.timeOrigin / 1000);
}
