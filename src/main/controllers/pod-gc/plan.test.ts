import { describe, expect, test } from 'vitest';
import type { Pod } from '../../../shared/api/kinds.ts';
import { aNode, aPod } from '../testing/builders.ts';
import {
  missingNodes,
  onOutOfServiceNodes,
  orphanedOn,
  surplusTerminated,
  unscheduledTerminating,
  type Collection,
} from './plan.ts';

const names = (collections: Collection[]): (string | undefined)[] => collections.map(({ pod }) => pod.metadata?.name);

test('of finished pods the oldest beyond the threshold go; running ones never', () => {
  const done = (name: string, createdAt: number): Pod => aPod({ name, createdAt, phase: 'Succeeded' });
  const pods = [done('young', 30), done('old', 10), done('middle', 20), aPod({ name: 'running', createdAt: 0 })];
  expect(names(surplusTerminated(pods, 1))).toEqual(['old', 'middle']);
  expect(names(surplusTerminated(pods, 3))).toEqual([]);
});

test('pods deleted before they had a node go', () => {
  expect(
    names(
      unscheduledTerminating([
        aPod({ name: 'a', deleted: true }),
        aPod({ name: 'b', node: 'n', deleted: true }),
        aPod(),
      ]),
    ),
  ).toEqual(['a']);
});

describe('out of service', () => {
  const taints = [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }];
  const pods = [aPod({ name: 'ending', node: 'n', deleted: true }), aPod({ name: 'running', node: 'n' })];
  test.each([
    ['not ready and declared so', aNode('n', 'Unknown', { spec: { taints } }), ['ending']],
    ['ready after all', aNode('n', 'True', { spec: { taints } }), []],
    ['only not ready', aNode('n', 'Unknown'), []],
  ])('%s', (_, node, expected) => {
    expect(names(onOutOfServiceNodes(pods, new Map([['n', node]])))).toEqual(expected);
  });
});

test('pods on nodes that are no more are named with the reason', () => {
  const pods = [aPod({ name: 'a', node: 'gone' }), aPod({ name: 'b', node: 'n' }), aPod({ name: 'c' })];
  const missing = missingNodes(pods, new Map([['n', aNode('n')]]));
  expect([...missing]).toEqual(['gone']);
  expect(orphanedOn(pods, missing)).toEqual([{ pod: pods[0], disruption: 'PodGC: node no longer exists' }]);
});
