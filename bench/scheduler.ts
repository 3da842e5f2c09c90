/** The scheduler: how many pods a second find a node, in pure scheduling and with an API server in memory. */
import { NODES, PODS, type Node, type Pod } from '../src/shared/api/kinds.ts';
import { ApiClient } from '../src/shared/client/api-client.ts';
import { SharedInformers } from '../src/shared/client/shared-informers.ts';
import type { Logger } from '../src/shared/logger.ts';
import { MemoryApi } from '../src/shared/testing/memory-api.ts';
import { ClusterCache } from '../src/main/scheduler/cache/cluster-cache.ts';
import { podInfo } from '../src/main/scheduler/cache/pod-info.ts';
import { DEFAULT_FILTERS, DEFAULT_SCORES } from '../src/main/scheduler/framework/default-plugins.ts';
import { SchedulingCycle } from '../src/main/scheduler/framework/scheduling-cycle.ts';
import { startScheduler } from '../src/main/scheduler/index.ts';
import { atLeast, count, duration, perSecond, type Benchmark, type Row } from './report.ts';

const nothing = (): void => undefined;
const log: Logger = { debug: nothing, info: nothing, warn: console.warn, error: console.error };
const POD_COUNT = 10_000;
const WHOLE_WAY = 'create, watch, decide, bind, event';
const ZONES = 3;

function node(index: number): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: `node-${String(index)}`,
      labels: { 'topology.kubernetes.io/zone': `zone-${String(index % ZONES)}`, disk: index % 2 ? 'ssd' : 'hdd' },
    },
    spec: index % 10 === 0 ? { taints: [{ key: 'dedicated', value: 'batch', effect: 'NoSchedule' }] } : {},
    status: {
      allocatable: { cpu: '32', memory: '128Gi', pods: '110', 'ephemeral-storage': '200Gi' },
      images: [{ names: ['registry.example.com/web:1'], sizeBytes: 150_000_000 }],
    },
  };
}

function pod(index: number, affinity: boolean): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `pod-${String(index)}`, namespace: 'default', uid: `uid-${String(index)}` },
    spec: {
      schedulerName: 'default-scheduler',
      containers: [
        {
          name: 'app',
          image: 'registry.example.com/web:1',
          resources: { requests: { cpu: '100m', memory: '128Mi' } },
        },
      ],
      tolerations: [
        { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
        { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
      ],
      ...(affinity ? { nodeSelector: { disk: 'ssd' } } : {}),
    },
  };
}

function row(what: string, nodes: number, ms: number): Row {
  const rate = (POD_COUNT / ms) * 1000;
  const values = {
    nodes: count(nodes),
    pods: count(POD_COUNT),
    rate: perSecond(rate),
    'per pod': duration(ms / POD_COUNT),
  };
  // The budget is for the whole way of a pod in a cluster of 5,000 nodes.
  return nodes === 5000 && what === WHOLE_WAY
    ? { what, values, budget: atLeast(rate, 1000, 'pods/s') }
    : { what, values };
}

function pure(nodes: number, affinity: boolean): Row {
  const cluster = new ClusterCache();
  for (let index = 0; index < nodes; index += 1) cluster.setNode(node(index));
  const cycle = new SchedulingCycle(cluster, { filters: DEFAULT_FILTERS, scores: DEFAULT_SCORES }, Math.random);
  const start = performance.now();
  let placed = 0;
  for (let index = 0; index < POD_COUNT; index += 1) {
    const info = podInfo(pod(index, affinity));
    const decision = cycle.decide(info);
    if (!decision.fits) continue;
    cluster.assume(info, decision.node);
    placed += 1;
  }
  if (placed !== POD_COUNT) throw new Error(`only ${String(placed)} of ${String(POD_COUNT)} pods fit`);
  return row(affinity ? 'decide, with a nodeSelector' : 'decide', nodes, performance.now() - start);
}

async function endToEnd(nodes: number): Promise<Row> {
  const api = new MemoryApi({ recordRequests: false, now: Date.now });
  const client = new ApiClient(api, 'default-scheduler');
  for (let index = 0; index < nodes; index += 1) await client.create(NODES, node(index));
  const informers = new SharedInformers(client, (error) => console.error(error));
  const scheduler = await startScheduler({
    client,
    informers,
    clock: { now: () => Date.now() },
    random: Math.random,
    log,
  });
  let bound = 0;
  let done: () => void = nothing;
  const all = new Promise<void>((resolve) => (done = resolve));
  informers.of(PODS).onDidChange((change) => {
    if (change.type !== 'updated' || !change.object.spec?.nodeName) return;
    bound += 1;
    if (bound === POD_COUNT) done();
  });
  const start = performance.now();
  for (let index = 0; index < POD_COUNT; index += 1) {
    await client.create(PODS, pod(index, false));
    // As the API server does between requests: let the others run.
    if (index % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await all;
  const ms = performance.now() - start;
  await scheduler.stop();
  informers.stop();
  return row(WHOLE_WAY, nodes, ms);
}

/** How many pods a second find a node. */
export const scheduler: Benchmark = async (emit) => {
  const rows: Row[] = [];
  for (const nodes of [500, 1000, 5000]) rows.push(pure(nodes, false), pure(nodes, true), await endToEnd(nodes));
  emit({
    title: 'Scheduling',
    method:
      'Pods of 100m CPU and 128 Mi on nodes in three zones, one node in ten tainted. "decide" is the scheduling cycle alone; ' +
      'the last row of each size adds an API server in memory: watch in, binding and event out.',
    rows,
  });
};
