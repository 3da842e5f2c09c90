import { afterEach, describe, expect, test } from 'vitest';
import { serviceUnavailable } from '../../shared/api/errors.ts';
import { NODES, type Node } from '../../shared/api/kinds.ts';
import type { StatsSummary } from '../../shared/api/stats-summary.ts';
import { ApiClient } from '../../shared/client/api-client.ts';
import type { ApiRequest, Transport } from '../../shared/client/transport.ts';
import type { Logger } from '../../shared/logger.ts';
import { MemoryApi } from '../../shared/testing/memory-api.ts';
import { MetricsCollector, type CollectorOptions } from './metrics-collector.ts';
import { PointRing } from './point-ring.ts';

const collectors: MetricsCollector[] = [];
afterEach(() => {
  for (const collector of collectors.splice(0)) collector.stop();
});

const nothing = (): void => undefined;

function summaryOf(node: string, cpu: number, pods: StatsSummary['pods'] = []): StatsSummary {
  const time = '2026-01-01T00:00:00Z';
  return {
    node: {
      nodeName: node,
      startTime: time,
      cpu: { time, usageNanoCores: cpu * 1e9, usageCoreNanoSeconds: 0 },
      memory: { time, workingSetBytes: 1000, usageBytes: 1000 },
    },
    pods,
  };
}

function podOf(name: string, uid: string, containers: Record<string, number>): StatsSummary['pods'][number] {
  const time = '2026-01-01T00:00:00Z';
  return {
    podRef: { name, namespace: 'default', uid },
    startTime: time,
    containers: Object.entries(containers).map(([container, cpu]) => ({
      name: container,
      startTime: time,
      cpu: { time, usageNanoCores: cpu * 1e9, usageCoreNanoSeconds: 0 },
      memory: { time, workingSetBytes: 10, usageBytes: 10 },
    })),
  };
}

/** A cluster of Ready nodes whose kubelets answer what `answer` says. */
async function cluster(
  names: string[],
  answer: (node: string) => StatsSummary,
  options: Partial<CollectorOptions> = {},
) {
  const api = new MemoryApi();
  const asked: string[] = [];
  const complaints: string[] = [];
  const log: Logger = {
    debug: nothing,
    info: (_fields, message) => complaints.push(message),
    warn: nothing,
    error: nothing,
  };
  const transport: Transport = {
    request: <T>(request: ApiRequest) => {
      const node = /^\/api\/v1\/nodes\/([^/]+)\/proxy\/stats\/summary$/.exec(request.path)?.[1];
      if (!node) return api.request<T>(request);
      asked.push(node);
      return new Promise<T>((resolve) => resolve(answer(node) as T));
    },
    watch: (request) => api.watch(request),
    stream: () => api.stream(),
  };
  const client = new ApiClient(transport, 'metrics');
  for (const name of names) {
    const conditions = [{ type: 'Ready', status: name.startsWith('down') ? 'Unknown' : 'True' }];
    await client.create(NODES, { metadata: { name }, status: { conditions } } as unknown as Node);
  }
  const clock = { time: 1_000_000, now: () => clock.time };
  const collector = new MetricsCollector({ client, clock, log }, options);
  collectors.push(collector);
  await collector.discover();
  return { collector, clock, asked, complaints };
}

describe('the metrics collector', () => {
  test('reads each Ready node and adds up the cluster', async () => {
    const { collector, clock, asked } = await cluster(['a', 'b', 'down'], (node) =>
      summaryOf(node, node === 'a' ? 1 : 2),
    );
    let rounds = 0;
    collector.onDidCollect(() => rounds++);
    await collector.collect();
    clock.time += 5_000;
    await collector.collect();
    expect(asked.sort()).toEqual(['a', 'a', 'b', 'b']);
    expect(rounds).toBe(2);
    expect(collector.latestOfNode('a')).toEqual({ at: 1_005_000, cpu: 1, memory: 1000 });
    expect(collector.series({ scope: 'cluster' })).toEqual([
      {
        name: 'cluster',
        points: [
          { at: 1_000_000, cpu: 3, memory: 2000 },
          { at: 1_005_000, cpu: 3, memory: 2000 },
        ],
      },
    ]);
    expect(collector.series({ scope: 'node', node: 'b' }, 1_000_000)[0]?.points).toHaveLength(1);
  });

  test('keeps each container, sums the pod, and begins again for another pod of the name', async () => {
    let pods = [podOf('db-0', 'one', { main: 0.5, side: 0.25 })];
    const { collector, clock } = await cluster(['a'], (node) => summaryOf(node, 1, pods));
    await collector.collect();
    expect(collector.latestOfPod('default', 'db-0')).toMatchObject({ cpu: 0.75, memory: 20 });
    expect(collector.latestOfContainers('default', 'db-0')).toMatchObject([
      { name: 'main', point: { cpu: 0.5 } },
      { name: 'side', point: { cpu: 0.25 } },
    ]);
    expect(collector.latestOfContainers('default', 'none')).toEqual([]);
    expect(collector.series({ scope: 'pod', namespace: 'default', pod: 'db-0' }).map(({ name }) => name)).toEqual([
      'main',
      'side',
    ]);
    pods = [podOf('db-0', 'two', { main: 0.1 })];
    clock.time += 5_000;
    await collector.collect();
    expect(collector.series({ scope: 'pod', namespace: 'default', pod: 'db-0' })).toEqual([
      { name: 'main', points: [{ at: 1_005_000, cpu: 0.1, memory: 10 }] },
    ]);
  });

  test('a node that fails leaves a gap, is said once, and holds up nobody', async () => {
    const { collector, clock, complaints } = await cluster(['a', 'b'], (node) => {
      if (node === 'a') throw serviceUnavailable('the machine is not connected');
      return summaryOf(node, 2);
    });
    await collector.collect();
    clock.time += 5_000;
    await collector.collect();
    expect(complaints).toEqual(['no usage from this node']);
    expect(collector.latestOfNode('a')).toBeUndefined();
    expect(collector.series({ scope: 'node', node: 'b' })[0]?.points).toHaveLength(2);
    expect(collector.latestOfCluster()).toBeUndefined();
  });

  test('asks a bounded number in a round, each node in its turn', async () => {
    const names = Array.from({ length: 10 }, (_, index) => `n${index}`);
    const { collector, asked } = await cluster(names, (node) => summaryOf(node, 1), { nodesPerRound: 4 });
    await collector.collect();
    expect(collector.coverage).toEqual({ nodes: 10, nodesPerRound: 4, everyMs: 15_000 });
    expect(asked.sort()).toEqual(['n0', 'n1', 'n2', 'n3']);
    expect(collector.latestOfCluster()).toBeUndefined();
    await collector.collect();
    await collector.collect();
    expect(new Set(asked).size).toBe(10);
    expect(collector.latestOfCluster()?.cpu).toBe(10);
    expect(asked.filter((name) => name === 'n0')).toHaveLength(2);
  });

  test('what is old is no longer the latest, and later not history either', async () => {
    const { collector, clock } = await cluster(['a'], (node) => summaryOf(node, 1, [podOf('p', 'u', { main: 1 })]));
    await collector.collect();
    clock.time += 60_000;
    expect(collector.latestOfPod('default', 'p')).toBeUndefined();
    expect(collector.series({ scope: 'pod', namespace: 'default', pod: 'p' })[0]?.points).toHaveLength(1);
    clock.time += 15 * 60_000;
    expect(collector.series({ scope: 'pod', namespace: 'default', pod: 'p' })[0]?.points).toEqual([]);
  });
});

test('a ring keeps the last points in order while it grows and after it is full', () => {
  const ring = new PointRing(20);
  for (let at = 1; at <= 50; at++) {
    ring.push({ at, cpu: at / 10, memory: at });
    const expected = Array.from({ length: Math.min(at, 20) }, (_, index) => Math.max(0, at - 20) + index + 1);
    expect(ring.since(0).map((point) => point.at)).toEqual(expected);
  }
  expect(ring.since(47).map((point) => point.memory)).toEqual([48, 49, 50]);
  expect(ring.last).toEqual({ at: 50, cpu: 5, memory: 50 });
});
