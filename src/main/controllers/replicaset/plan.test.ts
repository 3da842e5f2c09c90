import { describe, expect, test } from 'vitest';
import type { Pod } from '../../../shared/api/kinds.ts';
import { aPod, aReplicaSet } from '../testing/builders.ts';
import { START } from '../testing/world.ts';
import { inDeletionOrder, POD_DELETION_COST } from './deletion-rank.ts';
import { planReplicas, planStatus, podFromTemplate } from './plan.ts';

const HOUR = 3600;
const NOW = START + 10 * HOUR * 1000;
const names = (pods: readonly Pod[]): (string | undefined)[] => pods.map((pod) => pod.metadata?.name);
const ready = (name: string, more: Parameters<typeof aPod>[0] = {}): Pod =>
  aPod({ name, node: 'n1', readyAt: 0, ...more });

describe('inDeletionOrder', () => {
  const cases: [string, Pod, Pod][] = [
    ['unassigned before assigned', aPod({ name: 'a', phase: 'Running' }), ready('b')],
    ['pending before running', aPod({ name: 'a', node: 'n1', phase: 'Pending' }), ready('b')],
    ['unknown before running', aPod({ name: 'a', node: 'n1', phase: 'Unknown' }), ready('b')],
    ['not ready before ready', aPod({ name: 'a', node: 'n1' }), ready('b')],
    ['lower deletion cost first', ready('a', { annotations: { [POD_DELETION_COST]: '-5' } }), ready('b')],
    ['higher deletion cost last', ready('a'), ready('b', { annotations: { [POD_DELETION_COST]: '5' } })],
    ['ready for less time first', ready('a', { readyAt: 9 * HOUR }), ready('b', { readyAt: HOUR })],
    ['more restarts first', ready('a', { restarts: 3 }), ready('b', { restarts: 1 })],
    ['younger first', ready('a', { createdAt: 9 * HOUR }), ready('b', { createdAt: HOUR })],
    ['within one power of two the uid decides', ready('a', { readyAt: HOUR }), ready('b', { readyAt: HOUR + 60 })],
  ];
  test.each(cases)('%s', (_, first, second) => {
    expect(names(inDeletionOrder([second, first], [], NOW))).toEqual(names([first, second]));
    expect(names(inDeletionOrder([first, second], [], NOW))).toEqual(names([first, second]));
  });

  test('a node that is more crowded by related pods gives one up first', () => {
    const [a, b] = [ready('a', { node: 'n2' }), ready('b', { node: 'n1' })];
    const related = [a, b, ready('sibling', { node: 'n2' })];
    expect(names(inDeletionOrder([b, a], related, NOW))).toEqual(['a', 'b']);
  });
});

describe('planReplicas', () => {
  test('creates what is missing, no more than a burst', () => {
    expect(planReplicas(aReplicaSet('rs', 3), [ready('a')], () => [], NOW)).toEqual({ action: 'create', count: 2 });
    expect(planReplicas(aReplicaSet('rs', 2000), [], () => [], NOW)).toEqual({ action: 'create', count: 500 });
  });

  test('deletes the surplus by rank', () => {
    const plan = planReplicas(aReplicaSet('rs', 1), [ready('b'), aPod({ name: 'a' })], () => [], NOW);
    expect(plan.action === 'delete' ? names(plan.pods) : plan.action).toEqual(['a']);
  });

  test('does nothing when it fits, and nothing when the ReplicaSet is being deleted', () => {
    expect(planReplicas(aReplicaSet('rs', 1), [ready('a')], () => [], NOW)).toEqual({ action: 'none' });
    const going = aReplicaSet('rs', 5, { metadata: { name: 'rs', deletionTimestamp: '2026-01-01T00:00:00Z' } });
    expect(planReplicas(going, [], () => [], NOW)).toEqual({ action: 'none' });
  });
});

test('a pod from the template carries its labels and a blocking controller reference', () => {
  const pod = podFromTemplate(aReplicaSet('web-abc', 1));
  expect(pod.metadata).toEqual({
    generateName: 'web-abc-',
    namespace: 'default',
    labels: { app: 'web' },
    ownerReferences: [
      {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        name: 'web-abc',
        uid: 'uid-web-abc',
        controller: true,
        blockOwnerDeletion: true,
      },
    ],
  });
  expect(pod.spec?.containers[0]?.image).toBe('web:1');
});

describe('planStatus', () => {
  const later = (seconds: number): number => START + seconds * 1000;

  test('counts ready, available and fully labelled pods, and says when the next becomes available', () => {
    const replicaSet = aReplicaSet('rs', 3);
    if (replicaSet.spec) replicaSet.spec.minReadySeconds = 10;
    const pods = [
      ready('a', { readyAt: 0 }),
      ready('b', { readyAt: 5 }),
      aPod({ name: 'c', labels: { app: 'other' } }),
    ];
    expect(planStatus(replicaSet, pods, undefined, later(12))).toEqual({
      status: { replicas: 3, fullyLabeledReplicas: 2, readyReplicas: 2, availableReplicas: 1, observedGeneration: 1 },
      recheckMs: 3000,
    });
  });

  test('keeps the first ReplicaFailure as it was, and drops it when creating works', () => {
    const failure = { reason: 'FailedCreate', message: 'first' } as const;
    const failed = planStatus(aReplicaSet('rs', 1), [], failure, START).status;
    expect(failed.conditions).toEqual([
      { type: 'ReplicaFailure', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z', ...failure },
    ]);
    const again = planStatus(
      aReplicaSet('rs', 1, { status: failed }),
      [],
      { ...failure, message: 'second' },
      later(60),
    );
    expect(again.status.conditions).toEqual(failed.conditions);
    expect(
      planStatus(aReplicaSet('rs', 1, { status: failed }), [], undefined, later(60)).status.conditions,
    ).toBeUndefined();
  });
});
