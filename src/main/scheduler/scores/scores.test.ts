import { describe, expect, test } from 'vitest';
import type { Node, Pod } from '../../../shared/api/kinds.ts';
import type { ScorePlugin } from '../framework/plugin.ts';
import { aCluster, aNode, aPod, info } from '../testing/builders.ts';
import { balancedAllocation } from './balanced-allocation.ts';
import { imageLocality } from './image-locality.ts';
import { leastAllocated } from './least-allocated.ts';
import { nodeAffinity } from './node-affinity.ts';
import { podTopologySpread } from './pod-topology-spread.ts';
import { taintToleration } from './taint-toleration.ts';

/** Normalized scores in the order of the nodes; undefined when the plugin has no preference. */
function scores(
  plugin: ScorePlugin,
  pod: Pod,
  nodes: Node[],
  placed: Record<string, Pod[]> = {},
): number[] | undefined {
  const cluster = aCluster(nodes, placed);
  const prepared = plugin.prepare(info(pod), cluster);
  if (!prepared) return undefined;
  const all = cluster.nodes.map((node) => prepared.score(node));
  prepared.normalize?.(all);
  return all;
}

describe('LeastAllocated', () => {
  test('averages what is left of cpu and memory', () => {
    // Left on a: 3 of 4 cores, 6 of 8 Gi; on b: 1 of 4 cores, 4 of 8 Gi.
    const placed = { b: [aPod('x', { cpu: '2', memory: '2Gi' })] };
    const pod = aPod('p', { cpu: '1', memory: '2Gi' });
    expect(scores(leastAllocated, pod, [aNode('a'), aNode('b')], placed)).toEqual([75, 37]);
  });

  test('a pod without requests counts as 100m and 200 MiB, so that many of them spread', () => {
    const placed = { a: [aPod('x')] };
    const [a = 0, b = 0] = scores(leastAllocated, aPod('p'), [aNode('a'), aNode('b')], placed) ?? [];
    expect(a).toBeLessThan(b);
  });

  test('an overfull node scores nothing for what is overfull', () => {
    expect(scores(leastAllocated, aPod('p', { cpu: '8', memory: '4Gi' }), [aNode('a')])).toEqual([25]);
  });
});

describe('BalancedAllocation', () => {
  test('prefers like shares of cpu and memory', () => {
    // a: 50 % and 50 %; b: 100 % and 50 %.
    const pod = aPod('p', { cpu: '2', memory: '4Gi' });
    expect(scores(balancedAllocation, pod, [aNode('a'), aNode('b', { cpu: '2' })])).toEqual([100, 75]);
  });

  test('has no say on a pod without requests', () => {
    expect(scores(balancedAllocation, aPod('p'), [aNode('a')])).toBeUndefined();
  });
});

test('TaintToleration prefers nodes with fewer untolerated soft taints', () => {
  const soft = (...keys: string[]) => ({ spec: { taints: keys.map((key) => ({ key, effect: 'PreferNoSchedule' })) } });
  const nodes = [aNode('a', soft('x', 'y')), aNode('b', soft('x')), aNode('c')];
  expect(scores(taintToleration, aPod('p'), nodes)).toEqual([0, 50, 100]);
  expect(scores(taintToleration, aPod('p', {}, { tolerations: [{ key: 'x', operator: 'Exists' }] }), nodes)).toEqual([
    0, 100, 100,
  ]);
});

test('NodeAffinity adds the weights of the preferred terms that match', () => {
  const preference = (key: string) => ({ matchExpressions: [{ key, operator: 'Exists' }] });
  const pod = aPod(
    'p',
    {},
    {
      affinity: {
        nodeAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 30, preference: preference('ssd') },
            { weight: 10, preference: preference('gpu') },
          ],
        },
      },
    },
  );
  const nodes = [aNode('a', { labels: { ssd: '', gpu: '' } }), aNode('b', { labels: { gpu: '' } }), aNode('c')];
  expect(scores(nodeAffinity, pod, nodes)).toEqual([100, 25, 0]);
  expect(scores(nodeAffinity, aPod('p'), nodes)).toBeUndefined();
});

describe('ImageLocality', () => {
  const MB = 1024 * 1024;
  test('prefers the node that has the image, less so the more it is a rarity', () => {
    const nodes = [aNode('a', { images: { 'web:1': 1000 * MB } }), aNode('b')];
    // 1000 MB on one of two nodes count as 500: (500 - 23) / (1000 - 23).
    expect(scores(imageLocality, aPod('p'), nodes)).toEqual([48, 0]);
  });

  test('has no say when nobody has the image', () => {
    expect(scores(imageLocality, aPod('p'), [aNode('a', { images: { 'db:1': 500 * MB } })])).toBeUndefined();
  });
});

describe('PodTopologySpread', () => {
  const replica = (name: string, controller = 'rs-1', more: object = {}): Pod => {
    const pod = aPod(name);
    const ownerReferences = [
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: controller, uid: controller, controller: true },
    ];
    return { ...pod, metadata: { ...pod.metadata, ownerReferences, ...more } };
  };
  const nodes = [aNode('a'), aNode('b'), aNode('c')];

  test('prefers the node with the fewest replicas of the same controller', () => {
    const placed = { a: [replica('x'), replica('y')], b: [replica('z')], c: [replica('other', 'rs-2')] };
    const [a = 0, b = 0, c = 0] = scores(podTopologySpread, replica('p'), nodes, placed) ?? [];
    expect(a).toBeLessThan(b);
    expect(b).toBeLessThan(c);
    expect(c).toBe(100);
  });

  test('does not count replicas that are on their way out, and has no say on bare pods', () => {
    const placed = { a: [replica('x', 'rs-1', { deletionTimestamp: '2026-01-01T00:00:00Z' })] };
    expect(scores(podTopologySpread, replica('p'), nodes, placed)).toEqual([100, 100, 100]);
    expect(scores(podTopologySpread, aPod('p'), nodes)).toBeUndefined();
  });
});
