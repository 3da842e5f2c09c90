import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Pod } from '../../shared/api/kinds.ts';
import type { StatsSummary } from '../../shared/api/stats-summary.ts';
import type { MachineFacts } from '../node/machine-facts.ts';
import type { ObservedPod } from '../runtime/observed.ts';
import { CgroupFiles } from './cgroup-files.ts';
import { renderFamilies } from './exposition.ts';
import { kubeletMetrics } from './kubelet-metrics.ts';
import { parseNetDev } from './network-counters.ts';
import { NodeMetrics } from './node-metrics.ts';
import { ProbeMetrics } from './probe-metrics.ts';

const facts = {
  cpus: 4,
  memoryBytes: 8 * 2 ** 30,
  bootId: 'b',
  machineId: 'm',
  systemUuid: 's',
  dockerVersion: '20',
  kernelVersion: '6',
  osImage: 'Debian',
} as MachineFacts;
const pod = { metadata: { uid: 'u', name: 'web', namespace: 'shop' }, spec: { containers: [{ name: 'app' }] } } as Pod;
const observed = {
  uid: 'u',
  name: 'web',
  namespace: 'shop',
  sandboxes: [{ id: 'box', attempt: 0, running: true, createdAt: 0, pid: process.pid, podIp: '10.244.0.2' }],
  containers: [
    { id: 'abc', name: 'app', image: 'nginx:1', state: 'running', createdAt: 1_000, startedAt: 2_000 },
    { id: 'old', name: 'app', image: 'nginx:1', state: 'exited', createdAt: 0 },
  ],
} as ObservedPod;
const time = '2026-01-01T00:00:00Z';
const cpu = { time, usageNanoCores: 0, usageCoreNanoSeconds: 2_500_000_000 };
const memory = { time, workingSetBytes: 600, usageBytes: 1000 };
const summary: StatsSummary = {
  node: { nodeName: 'n1', startTime: time, cpu, memory },
  pods: [
    {
      podRef: { name: 'web', namespace: 'shop', uid: 'u' },
      startTime: time,
      containers: [{ name: 'app', startTime: time, cpu, memory }],
      cpu,
      memory,
    },
  ],
};

let root: string;
beforeEach(async () => void (root = await mkdtemp(join(tmpdir(), 'metrics-'))));
afterEach(() => rm(root, { recursive: true }));

async function write(files: Record<string, string>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
}
const V1 = {
  'cpuacct/docker/abc/cpuacct.usage': '2500000000\n',
  'cpuacct/docker/abc/cpuacct.stat': 'user 150\nsystem 100\n',
  'cpu/docker/abc/cpu.stat': 'nr_periods 10\nnr_throttled 4\nthrottled_time 500000000\n',
  'cpu/docker/abc/cpu.shares': '512\n',
  'cpu/docker/abc/cpu.cfs_quota_us': '50000\n',
  'cpu/docker/abc/cpu.cfs_period_us': '100000\n',
  'memory/docker/abc/memory.usage_in_bytes': '1000\n',
  'memory/docker/abc/memory.stat': 'total_inactive_file 400\ntotal_rss 500\ntotal_cache 450\ntotal_pgmajfault 3\n',
  'memory/docker/abc/memory.limit_in_bytes': '9223372036854771712\n',
};
const V2 = {
  'cgroup.controllers': 'cpu memory\n',
  'docker/abc/cpu.stat':
    'usage_usec 2500000\nuser_usec 1500000\nsystem_usec 1000000\nnr_periods 10\nnr_throttled 4\nthrottled_usec 500000\n',
  'docker/abc/cpu.max': '50000 100000\n',
  'docker/abc/cpu.weight': '20\n',
  'docker/abc/memory.current': '1000\n',
  'docker/abc/memory.stat': 'anon 500\nfile 450\ninactive_file 400\npgmajfault 3\n',
  'docker/abc/memory.max': 'max\n',
};

function nodeMetrics(docker: () => Promise<Map<string, ObservedPod>> = async () => new Map([['u', observed]])) {
  const registry = new Registry();
  const probes = new ProbeMetrics();
  const counters = kubeletMetrics({ registry, nodeName: 'n1', observeAll: docker, desiredPods: () => 2 });
  const metrics = new NodeMetrics({
    registry,
    probes,
    facts,
    cgroups: new CgroupFiles(root),
    pauseImage: 'pause:1',
    observeAll: docker,
    summary: async () => {
      await docker();
      return summary;
    },
    pods: () => [pod],
    clock: { now: () => 5_000 },
  });
  return { metrics, probes, counters };
}

describe('/metrics/cadvisor', () => {
  test.each([
    ['version 1', V1],
    ['version 2', V2],
  ])('tells of a container in control groups of %s', async (_, files) => {
    await write(files);
    const text = await nodeMetrics().metrics.scrape('/metrics/cadvisor');
    const labels = 'container="app",id="/docker/abc",image="nginx:1",name="abc",namespace="shop",pod="web"';
    for (const line of [
      `container_cpu_usage_seconds_total{${labels},cpu="total"} 2.5 5000`,
      `container_cpu_user_seconds_total{${labels}} 1.5 5000`,
      `container_cpu_cfs_throttled_periods_total{${labels}} 4 5000`,
      `container_cpu_cfs_throttled_seconds_total{${labels}} 0.5 5000`,
      `container_memory_working_set_bytes{${labels}} 600 5000`,
      `container_memory_rss{${labels}} 500 5000`,
      `container_memory_failures_total{${labels},failure_type="pgmajfault",scope="container"} 3 5000`,
      `container_spec_memory_limit_bytes{${labels}} 0 5000`,
      `container_spec_cpu_quota{${labels}} 50000 5000`,
      `container_start_time_seconds{${labels}} 2 5000`,
      'machine_cpu_cores{boot_id="b",machine_id="m",system_uuid="s"} 4',
    ])
      expect(text?.split('\n')).toContain(line);
    expect(text).not.toContain('name="old"');
  });
});

test('/metrics/resource has what the metrics server reads, with the time it was taken at', async () => {
  const text = await nodeMetrics().metrics.scrape('/metrics/resource');
  const at = Date.parse(time);
  for (const line of [
    `container_cpu_usage_seconds_total{container="app",namespace="shop",pod="web"} 2.5 ${at}`,
    `container_memory_working_set_bytes{container="app",namespace="shop",pod="web"} 600 ${at}`,
    `pod_memory_working_set_bytes{namespace="shop",pod="web"} 600 ${at}`,
    `node_cpu_usage_seconds_total 2.5 ${at}`,
    'resource_scrape_error 0',
  ])
    expect(text?.split('\n')).toContain(line);
});

test('with Docker away every path still answers, and tells nothing that is old', async () => {
  const { metrics } = nodeMetrics(() => Promise.reject(new Error('no Docker')));
  expect(await metrics.scrape('/metrics/resource')).toContain('resource_scrape_error 1\n');
  const own = await metrics.scrape('/metrics');
  expect(own).toContain('kubelet_desired_pods{static=""} 2');
  expect(own).not.toMatch(/^kubelet_running_pods /m);
});

test('/metrics counts pods, containers and evictions', async () => {
  const { metrics, counters } = nodeMetrics();
  counters.evicted('memory.available');
  const text = await metrics.scrape('/metrics');
  for (const line of [
    'kubelet_node_name{node="n1"} 1',
    'kubelet_running_pods 1',
    'kubelet_running_containers{container_state="running"} 1',
    'kubelet_running_containers{container_state="exited"} 1',
    'kubelet_evictions{eviction_signal="memory.available"} 1',
  ])
    expect(text?.split('\n')).toContain(line);
  expect(text).toMatch(/^process_cpu_seconds_total [0-9.]+$/m);
  expect(await metrics.scrape('/metrics/other')).toBeUndefined();
});

test('/metrics/probes counts outcomes, and forgets pods that are gone', async () => {
  const probes = new ProbeMetrics();
  const container = { name: 'app' };
  probes.count(pod, container, 'readiness', true);
  probes.count(pod, container, 'readiness', false);
  probes.count({ ...pod, metadata: { ...pod.metadata, uid: 'gone' } }, container, 'liveness', true);
  const labels = 'container="app",namespace="shop",pod="web",pod_uid="u",probe_type="Readiness"';
  const text = await probes.scrape([pod]);
  expect(text).toContain(`prober_probe_total{${labels},result="successful"} 1\n`);
  expect(text).toContain(`prober_probe_total{${labels},result="failed"} 1\n`);
  expect(text).not.toContain('gone');
});

test('labels are escaped', () => {
  const sample = { labels: { path: 'a"b\\c\nd' }, value: Infinity };
  expect(renderFamilies([{ name: 'x', help: 'h', type: 'gauge', samples: [sample] }])).toBe(
    '# HELP x h\n# TYPE x gauge\nx{path="a\\"b\\\\c\\nd"} +Inf\n',
  );
});

test('interfaces are read from /proc/net/dev, without the loopback', () => {
  const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:   100       1    0    0    0     0          0         0      100       1    0    0    0     0       0          0
  eth0: 2000      20    1    2    0     0          0         0     3000      30    3    4    0     0       0          0
`;
  expect(parseNetDev(text)).toEqual([
    {
      name: 'eth0',
      rxBytes: 2000,
      rxPackets: 20,
      rxErrors: 1,
      rxDropped: 2,
      txBytes: 3000,
      txPackets: 30,
      txErrors: 3,
      txDropped: 4,
    },
  ]);
});
