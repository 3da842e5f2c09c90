import { describe, expect, test } from 'vitest';
import type { PodDisruptionBudget } from '../../../shared/api/kinds.ts';
import { aPod } from '../testing/builders.ts';
import { START } from '../testing/world.ts';
import { expectedOf, needsScale } from './expected.ts';
import { DELETION_TIMEOUT_MS, failSafe, planStatus } from './plan.ts';
import { staleInMs } from './stale-disruption-controller.ts';

type Spec = NonNullable<PodDisruptionBudget['spec']>;
type Status = NonNullable<PodDisruptionBudget['status']>;
const NONE: Status = { currentHealthy: 0, desiredHealthy: 0, expectedPods: 0, disruptionsAllowed: 0 };
const budget = (spec: Spec, status: Partial<Status> = {}): PodDisruptionBudget => ({
  metadata: { name: 'b', namespace: 'default', generation: 3 },
  spec,
  status: { ...NONE, ...status },
});
const healthy = (count: number) => Array.from({ length: count }, (_, index) => aPod({ name: `p${index}`, readyAt: 0 }));
const iso = (ms: number): string => new Date(ms).toISOString();

describe('what a budget asks for', () => {
  test.each<[Spec, number, number, { expectedPods: number; desiredHealthy: number }]>([
    [{ minAvailable: 2 }, 5, 0, { expectedPods: 5, desiredHealthy: 2 }],
    [{ minAvailable: '50%' }, 4, 7, { expectedPods: 7, desiredHealthy: 4 }],
    [{ maxUnavailable: 1 }, 4, 5, { expectedPods: 5, desiredHealthy: 4 }],
    // 30% of 10 are 3, of 9 they are 2.7, rounded up.
    [{ maxUnavailable: '30%' }, 9, 9, { expectedPods: 9, desiredHealthy: 6 }],
    [{ maxUnavailable: 9 }, 2, 2, { expectedPods: 2, desiredHealthy: 0 }],
    [{}, 2, 2, { expectedPods: 0, desiredHealthy: 0 }],
  ])('%j of %i pods and a scale of %i', (spec, count, scale, expected) => {
    expect(expectedOf(budget(spec), healthy(count), scale)).toEqual(expected);
  });

  test('only shares need the scale of the owners', () => {
    expect(
      [{ minAvailable: 2 }, { minAvailable: '2%' }, { maxUnavailable: 1 }].map((spec) => needsScale(budget(spec))),
    ).toEqual([false, true, true]);
  });
});

describe('planStatus', () => {
  test('what is healthy beyond what is wanted may go', () => {
    const pods = [...healthy(4), aPod({ name: 'unready' }), aPod({ name: 'leaving', readyAt: 0, deleted: true })];
    const { status } = planStatus(budget({ minAvailable: 3 }), pods, { expectedPods: 6, desiredHealthy: 3 }, START);
    expect(status).toEqual({
      currentHealthy: 4,
      desiredHealthy: 3,
      expectedPods: 6,
      disruptionsAllowed: 1,
      observedGeneration: 3,
      conditions: [
        {
          type: 'DisruptionAllowed',
          status: 'True',
          reason: 'SufficientPods',
          message: '',
          observedGeneration: 3,
          lastTransitionTime: '2026-01-01T00:00:00Z',
        },
      ],
    });
  });

  test('a pod whose eviction is allowed does not count, until it is clear that it stays', () => {
    const evicted = budget({ minAvailable: 1 }, { disruptedPods: { p0: iso(START), gone: iso(START) } });
    const expected = { expectedPods: 2, desiredHealthy: 1 };
    const soon = planStatus(evicted, healthy(2), expected, START + 1000);
    expect(soon.status).toMatchObject({ currentHealthy: 1, disruptionsAllowed: 0, disruptedPods: { p0: iso(START) } });
    expect(soon.recheckMs).toBe(DELETION_TIMEOUT_MS - 1000);
    const late = planStatus(evicted, healthy(2), expected, START + DELETION_TIMEOUT_MS + 1);
    expect(late.status).toMatchObject({ currentHealthy: 2, disruptionsAllowed: 1 });
    expect(late.status.disruptedPods).toBeUndefined();
    expect(late.notDeleted.map(({ metadata }) => metadata?.name)).toEqual(['p0']);
  });

  test('without pods nothing is allowed, whatever is asked for', () => {
    const { status } = planStatus(budget({ maxUnavailable: 1 }), [], { expectedPods: 0, desiredHealthy: 0 }, START);
    expect(status).toMatchObject({
      disruptionsAllowed: 0,
      conditions: [{ status: 'False', reason: 'InsufficientPods' }],
    });
  });

  test('the time of the condition moves with its status only', () => {
    const first = planStatus(
      budget({ minAvailable: 1 }),
      healthy(2),
      { expectedPods: 2, desiredHealthy: 1 },
      START,
    ).status;
    const again = planStatus(
      budget({ minAvailable: 1 }, first),
      healthy(3),
      { expectedPods: 3, desiredHealthy: 1 },
      START + 60_000,
    ).status;
    expect(again.conditions).toEqual(first.conditions);
    const less = planStatus(
      budget({ minAvailable: 1 }, again),
      healthy(1),
      { expectedPods: 1, desiredHealthy: 1 },
      START + 60_000,
    ).status;
    expect(less.conditions?.[0]).toMatchObject({ status: 'False', lastTransitionTime: '2026-01-01T00:01:00Z' });
  });

  test('when nothing can be counted nothing is allowed', () => {
    const status = failSafe(
      budget({ maxUnavailable: 1 }, { currentHealthy: 3, disruptionsAllowed: 2 }),
      'no controllers',
      START,
    );
    expect(status).toMatchObject({
      currentHealthy: 3,
      disruptionsAllowed: 0,
      conditions: [{ status: 'False', reason: 'SyncFailed', message: 'no controllers' }],
    });
  });
});

describe('staleInMs', () => {
  const marked = (reason: string, more: Parameters<typeof aPod>[0] = {}) => {
    const pod = aPod(more);
    pod.status = {
      ...pod.status,
      conditions: [{ type: 'DisruptionTarget', status: 'True', reason, lastTransitionTime: iso(START) }],
    };
    return pod;
  };
  test('a pod that is said to go and stays is taken at its word no longer after two minutes', () => {
    expect(staleInMs(marked('EvictionByEvictionAPI'), START + 30_000)).toBe(90_000);
    expect(staleInMs(marked('EvictionByEvictionAPI'), START + 500_000)).toBe(0);
  });
  test('one that goes, has ended, or is ended by its kubelet is left alone', () => {
    expect(staleInMs(marked('X', { deleted: true }), START)).toBeUndefined();
    expect(staleInMs(marked('X', { phase: 'Failed' }), START)).toBeUndefined();
    expect(staleInMs(marked('TerminationByKubelet'), START)).toBeUndefined();
    expect(staleInMs(aPod(), START)).toBeUndefined();
  });
});
