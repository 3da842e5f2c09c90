import { describe, expect, test } from 'vitest';
import type { Deployment } from '../../../shared/api/kinds.ts';
import { aDeployment, aReplicaSet } from '../testing/builders.ts';
import { MAX_REPLICAS } from './annotations.ts';
import { fenceposts, newReplicaSetSize, proportionalSizes, shrinkOld, type Member } from './strategy.ts';

function rolling(replicas: number, maxSurge: number | string, maxUnavailable: number | string): Deployment {
  return aDeployment(replicas, { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } } });
}

function member(name: string, replicas: number, available = replicas, maxReplicas?: number): Member {
  const annotations = maxReplicas === undefined ? {} : { [MAX_REPLICAS]: String(maxReplicas) };
  const metadata = { name, creationTimestamp: `2026-01-01T00:00:0${name.slice(-1)}Z`, annotations };
  const replicaSet = aReplicaSet(name, replicas, { metadata, status: { replicas, availableReplicas: available } });
  return { replicaSet, replicas };
}

describe('fenceposts', () => {
  // The examples in upstream's ResolveFenceposts and its tests.
  test.each([
    [10, '25%', '25%', 3, 2],
    [4, '25%', '25%', 1, 1],
    [1, '25%', '25%', 1, 0],
    [3, '25%', '25%', 1, 0],
    [2, '0%', '1%', 0, 1],
    [1, 0, '1%', 0, 1],
    [2, '1%', '25%', 1, 0],
    [10, 3, 2, 3, 2],
    [1, 0, 5, 0, 1],
    [0, '25%', '25%', 0, 0],
  ])('%d replicas, surge %s, unavailable %s: %d and %d', (replicas, surge, unavailable, maxSurge, maxUnavailable) => {
    expect(fenceposts(rolling(replicas, surge, unavailable))).toEqual({ maxSurge, maxUnavailable });
  });

  test('Recreate has neither', () => {
    expect(fenceposts(aDeployment(4, { strategy: { type: 'Recreate' } }))).toEqual({ maxSurge: 0, maxUnavailable: 0 });
  });
});

test.each([
  ['as much as the surge leaves', 10, [10], 0, 3],
  ['no more than desired', 10, [1], 8, 10],
  ['nothing when the total is at its limit', 10, [8], 5, 5],
  ['all at once when nothing is old', 3, [0], 0, 3],
])('the new ReplicaSet grows by %s', (_, desired, old, current, size) => {
  const members = [...old.map((replicas, index) => member(`rs-${String(index)}`, replicas)), member('rs-9', current)];
  expect(newReplicaSetSize(rolling(desired, 3, 2), members, current)).toBe(size);
});

describe('shrinkOld', () => {
  const sizes = (deployment: Deployment, old: Member[], newest: Member): Record<string, number> =>
    Object.fromEntries(shrinkOld(deployment, old, newest));

  test('takes what maxUnavailable leaves, while the new pods are not available yet', () => {
    expect(sizes(rolling(10, 3, 2), [member('rs-1', 10)], member('rs-9', 3, 0))).toEqual({ 'rs-1': 8 });
  });

  test('takes nothing when a new pod does not come up: case 1 of upstream', () => {
    expect(sizes(rolling(10, 3, 2), [member('rs-1', 8, 7)], member('rs-9', 5, 0))).toEqual({});
  });

  test('takes unhealthy old pods first, oldest ReplicaSet first', () => {
    const old = [member('rs-1', 4, 1), member('rs-2', 4, 4)];
    expect(sizes(rolling(10, 3, 2), old, member('rs-9', 5, 5))).toEqual({ 'rs-1': 0, 'rs-2': 3 });
  });

  test('takes all that is left when the new pods are available', () => {
    expect(sizes(rolling(3, 1, 0), [member('rs-1', 1)], member('rs-9', 3, 3))).toEqual({ 'rs-1': 0 });
  });
});

describe('proportionalSizes', () => {
  const sizes = (replicas: number, members: Member[]): Record<string, number> =>
    Object.fromEntries(proportionalSizes(rolling(replicas, 3, 2), members));

  // The worked example of the Deployment documentation: 10 (8 old, 5 new) scaled to 15.
  test('shares out 10 to 15 as documented', () => {
    expect(sizes(15, [member('rs-1', 8, 8, 13), member('rs-2', 5, 0, 13)])).toEqual({ 'rs-1': 11, 'rs-2': 7 });
  });

  test('scaling to zero takes everything', () => {
    expect(sizes(0, [member('rs-1', 8, 8, 13), member('rs-2', 5, 0, 13)])).toEqual({ 'rs-1': 0, 'rs-2': 0 });
  });

  test('shrinks in proportion and never exceeds the limit', () => {
    const result = sizes(5, [member('rs-1', 8, 8, 13), member('rs-2', 5, 0, 13)]);
    expect(result).toEqual({ 'rs-1': 5, 'rs-2': 3 });
  });

  test('when growing, the newer of two equals gets the odd one', () => {
    expect(sizes(11, [member('rs-1', 6, 6, 13), member('rs-2', 7, 0, 13)])).toEqual({ 'rs-1': 6, 'rs-2': 8 });
  });
});
