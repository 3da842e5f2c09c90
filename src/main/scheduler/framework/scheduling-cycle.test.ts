import { describe, expect, test } from 'vitest';
import type { Node, Pod } from '../../../shared/api/kinds.ts';
import type { ClusterCache } from '../cache/cluster-cache.ts';
import { aCluster, aNode, aPod, info } from '../testing/builders.ts';
import { DEFAULT_FILTERS, DEFAULT_SCORES } from './default-plugins.ts';
import { fitMessage } from './fit-error.ts';
import { feasibleNodesToFind } from './sampling.ts';
import { SchedulingCycle } from './scheduling-cycle.ts';

const cycleOver = (cluster: ClusterCache, random = () => 0.5): SchedulingCycle =>
  new SchedulingCycle(cluster, { filters: DEFAULT_FILTERS, scores: DEFAULT_SCORES }, random);

/** The event's text, or the node chosen. */
function outcome(cluster: ClusterCache, pod: Pod): string {
  const decision = cycleOver(cluster).decide(info(pod));
  return decision.fits ? decision.node : fitMessage(decision.error, decision.preemption);
}
const tainted = (name: string, key: string, value = ''): Node =>
  aNode(name, { spec: { taints: [{ key, value, effect: 'NoSchedule' }] } });

describe('what FailedScheduling says', () => {
  test('reasons are counted and sorted as text; what preemption could do is said for every node', () => {
    const cluster = aCluster([aNode('a', { cpu: '1' }), tainted('b', 'k', 'v'), tainted('c', 'k', 'v')], {
      a: [aPod('x', { cpu: '1' })],
    });
    expect(outcome(cluster, aPod('p', { cpu: '1' }))).toBe(
      '0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint {k: v}. ' +
        'preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.',
    );
  });

  test('one node may be short of several things', () => {
    const cluster = aCluster([aNode('a', { cpu: '1', memory: '1Gi' })]);
    expect(outcome(cluster, aPod('p', { cpu: '2', memory: '2Gi' }))).toBe(
      '0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory. ' +
        'preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.',
    );
  });

  test('a cordoned node', () => {
    const cluster = aCluster([aNode('a', { spec: { unschedulable: true } })]);
    expect(outcome(cluster, aPod('p'))).toBe(
      '0/1 nodes are available: 1 node(s) were unschedulable. ' +
        'preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.',
    );
  });

  test('a pod that may not preempt', () => {
    const cluster = aCluster([aNode('a', { cpu: '1' })], { a: [aPod('x', { cpu: '1' })] });
    expect(outcome(cluster, aPod('p', { cpu: '1' }, { preemptionPolicy: 'Never' }))).toBe(
      '0/1 nodes are available: 1 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never.',
    );
  });

  test('lesser pods whose leaving would not be enough', () => {
    const placed = [aPod('small', { cpu: '1' }), aPod('equal', { cpu: '3' }, { priority: 10 })];
    expect(outcome(aCluster([aNode('a')], { a: placed }), aPod('p', { cpu: '2' }, { priority: 10 }))).toBe(
      '0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 Insufficient cpu.',
    );
  });

  test('nothing about preemption when it would help', () => {
    const cluster = aCluster([aNode('a')], { a: [aPod('small', { cpu: '4' })] });
    expect(outcome(cluster, aPod('p', { cpu: '2' }, { priority: 10 }))).toBe(
      '0/1 nodes are available: 1 Insufficient cpu.',
    );
  });

  test('a pod pinned to a node that will not do says that of the others', () => {
    const pinned = aPod(
      'p',
      {},
      {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['b'] }] }],
            },
          },
        },
      },
    );
    expect(outcome(aCluster([aNode('a'), tainted('b', 'k', 'v')]), pinned)).toContain(
      "0/2 nodes are available: 1 node(s) didn't satisfy plugin(s) [NodeAffinity], 1 node(s) had untolerated taint {k: v}.",
    );
  });
});

describe('the choice', () => {
  test('falls on the emptiest of like nodes', () => {
    const cluster = aCluster([aNode('a'), aNode('b'), aNode('c')], {
      a: [aPod('x', { cpu: '1' })],
      c: [aPod('y', { cpu: '2' })],
    });
    expect(outcome(cluster, aPod('p', { cpu: '1' }))).toBe('b');
  });

  test('among equals each has the same chance', () => {
    let seed = 1;
    const random = (): number => (seed = (seed * 16807) % 2147483647) / 2147483647;
    const cycle = cycleOver(aCluster(['a', 'b', 'c'].map((name) => aNode(name))), random);
    const counts: Record<string, number> = { a: 0, b: 0, c: 0 };
    for (let round = 0; round < 3000; round += 1) {
      const decision = cycle.decide(info(aPod('p')));
      if (decision.fits) counts[decision.node] = (counts[decision.node] ?? 0) + 1;
    }
    for (const count of Object.values(counts)) expect(count).toBeGreaterThan(850);
  });

  test('counts what was placed a moment ago', () => {
    const cluster = aCluster([aNode('a', { cpu: '1' }), aNode('b', { cpu: '1' })]);
    const cycle = cycleOver(cluster);
    const nodes = ['p', 'q', 'r'].map((name) => {
      const pod = info(aPod(name, { cpu: '1' }));
      const decision = cycle.decide(pod);
      if (decision.fits) cluster.assume(pod, decision.node);
      return decision.fits ? decision.node : undefined;
    });
    expect([...nodes].sort()).toEqual(['a', 'b', undefined]);
  });

  test('looks at part of a large cluster, and at the next part for the next pod', () => {
    const cluster = aCluster(Array.from({ length: 5000 }, (_, index) => aNode(`n${String(index)}`)));
    const cycle = cycleOver(cluster);
    const first = cycle.decide(info(aPod('p')));
    expect(first).toMatchObject({ fits: true, evaluated: 500, feasible: 500 });
    const second = cycle.decide(info(aPod('q')));
    const indexOf = (node: string): number => cluster.nodes.findIndex(({ name }) => name === node);
    if (!first.fits || !second.fits) throw new Error('no node');
    expect([indexOf(first.node) < 500, indexOf(second.node) >= 500 && indexOf(second.node) < 1000]).toEqual([
      true,
      true,
    ]);
  });
});

test.each([
  [0, 0],
  [99, 99],
  [100, 100],
  [1000, 420],
  [5000, 500],
  [6000, 300],
  [15000, 750],
])('of %d nodes %d feasible ones are enough', (nodes, enough) => {
  expect(feasibleNodesToFind(nodes)).toBe(enough);
});

test('zones take turns in the order of nodes', () => {
  const inZone = (name: string, zone: string): Node => aNode(name, { labels: { 'topology.kubernetes.io/zone': zone } });
  const cluster = aCluster([
    inZone('a1', 'a'),
    inZone('a2', 'a'),
    inZone('a3', 'a'),
    inZone('b1', 'b'),
    inZone('c1', 'c'),
  ]);
  expect(cluster.nodes.map(({ name }) => name)).toEqual(['a1', 'b1', 'c1', 'a2', 'a3']);
});
