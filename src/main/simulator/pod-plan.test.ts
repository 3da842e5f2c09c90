import { describe, expect, test } from 'vitest';
import type { Pod } from '../../shared/api/kinds.ts';
import { planPod, restartDelayMs } from './pod-plan.ts';
import { parseDuration, stageDelay } from './stages.ts';

const NODE = { address: '100.64.0.1', podCidr: '100.64.0.0/24' };
const CREATED = Date.parse('2026-01-01T00:00:00Z');

function aPod(extra: { metadata?: object; spec?: object; status?: object } = {}): Pod {
  return {
    metadata: {
      name: 'web',
      namespace: 'default',
      uid: 'u-1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...extra.metadata,
    },
    spec: {
      containers: [{ name: 'app', image: 'nginx' }],
      restartPolicy: 'Always',
      nodeName: 'sim-0001',
      ...extra.spec,
    },
    status: { phase: 'Pending', ...extra.status },
  } as Pod;
}

/** Plays a pod from its creation, jumping from one due time to the next; returns the phases and reasons it went through. */
function play(pod: Pod, untilMs: number): { trail: string[]; pod: Pod } {
  const trail: string[] = [];
  let now = CREATED;
  let current = pod;
  while (now < CREATED + untilMs) {
    const action = planPod(current, NODE, now);
    if (action.do === 'nothing') break;
    if (action.do === 'delete') {
      trail.push('deleted');
      break;
    }
    if (action.do === 'wait') {
      now += Math.max(1, action.afterMs);
      continue;
    }
    current = { ...current, status: { ...current.status, ...action.status } };
    const container = current.status?.containerStatuses?.[0];
    const state = container?.state;
    trail.push(
      `${current.status?.phase}/${state?.waiting?.reason ?? state?.terminated?.reason ?? 'running'}/${container?.restartCount}`,
    );
    now += Math.max(1, action.afterMs);
  }
  return { trail, pod: current };
}

describe('a simulated pod', () => {
  test('goes from Pending over ContainerCreating to Running and stays there', () => {
    const { trail, pod } = play(aPod(), 60_000);
    expect(trail).toEqual(['Pending/ContainerCreating/0', 'Running/running/0']);
    expect(pod.status?.podIP).toMatch(/^100\.64\.0\.\d+$/);
    expect(pod.status?.conditions?.find((each) => each.type === 'Ready')?.status).toBe('True');
  });

  test('keeps the PodScheduled condition the scheduler wrote', () => {
    const scheduled = { type: 'PodScheduled', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' };
    const { pod } = play(aPod({ status: { conditions: [scheduled] } }), 60_000);
    expect(pod.status?.conditions).toContainEqual(scheduled);
  });

  test('plays CrashLoopBackOff with the kubelet’s growing delays', () => {
    const annotations = {
      'pod-container-running-failed.stage.kwok.x-k8s.io': 'true',
      'pod-container-running-failed.stage.kwok.x-k8s.io/exit-code': '3',
    };
    const { trail, pod } = play(aPod({ metadata: { annotations } }), 60_000);
    expect(trail.slice(0, 6)).toEqual([
      'Pending/ContainerCreating/0',
      'Running/running/0',
      'Running/Error/0',
      'Running/running/1',
      'Running/CrashLoopBackOff/1',
      'Running/running/2',
    ]);
    expect(pod.status?.containerStatuses?.[0]?.lastState?.terminated?.exitCode).toBe(3);
  });

  test('ends Failed when its restart policy is Never', () => {
    const labels = { 'pod-container-running-failed.stage.kwok.x-k8s.io': 'true' };
    const { pod } = play(aPod({ metadata: { labels }, spec: { restartPolicy: 'Never' } }), 60_000);
    expect(pod.status?.phase).toBe('Failed');
  });

  test('completes when it belongs to a Job', () => {
    const ownerReferences = [{ apiVersion: 'batch/v1', kind: 'Job', name: 'j', uid: 'j', controller: true }];
    const { trail } = play(aPod({ metadata: { ownerReferences }, spec: { restartPolicy: 'Never' } }), 60_000);
    expect(trail.at(-1)).toBe('Succeeded/Completed/0');
  });

  test('shows the registry’s words of a played pull failure, then backs off', () => {
    const annotations = { 'pod-image-pull-failed.stage.wheelhouse.dev/message': 'manifest unknown' };
    const { trail, pod } = play(aPod({ metadata: { annotations } }), 60_000);
    expect(trail).toEqual(['Pending/ContainerCreating/0', 'Pending/ErrImagePull/0', 'Pending/ImagePullBackOff/0']);
    expect(pod.status?.containerStatuses?.[0]?.state?.waiting?.message).toBe(
      'Back-off pulling image "nginx": ErrImagePull: manifest unknown',
    );
  });

  test('is deleted after its delete delay, never later than its grace', () => {
    const deleting = { deletionTimestamp: '2026-01-01T00:00:30Z', deletionGracePeriodSeconds: 30 };
    expect(planPod(aPod({ metadata: deleting }), NODE, CREATED)).toMatchObject({ do: 'wait' });
    expect(planPod(aPod({ metadata: deleting }), NODE, CREATED + 1_001)).toEqual({ do: 'delete' });
    expect(
      planPod(
        aPod({ metadata: { ...deleting, deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 0 } }),
        NODE,
        CREATED,
      ),
    ).toEqual({ do: 'delete' });
  });
});

test('restart delays are 0, 10 s, 20 s … 5 min', () => {
  expect([0, 1, 2, 5, 6, 20].map(restartDelayMs)).toEqual([0, 10_000, 20_000, 160_000, 300_000, 300_000]);
});

test.each([
  ['1m30s', 90_000],
  ['250ms', 250],
  ['1.5h', 5_400_000],
  ['soon', undefined],
  ['', undefined],
])('duration %s is %s ms', (text, expected) => {
  expect(parseDuration(text)).toBe(expected);
});

test('a delay annotation sets the stage exactly, jitter-delay widens it upwards', () => {
  const exact = aPod({ metadata: { annotations: { 'pod-ready.stage.kwok.x-k8s.io/delay': '5s' } } });
  expect(stageDelay(exact, 'pod-ready')).toBe(5000);
  const spread = aPod({
    metadata: {
      annotations: { 'pod-ready.stage.kwok.x-k8s.io/delay': '5s', 'pod-ready.stage.kwok.x-k8s.io/jitter-delay': '9s' },
    },
  });
  expect(stageDelay(spread, 'pod-ready')).toBeGreaterThanOrEqual(5000);
  expect(stageDelay(spread, 'pod-ready')).toBeLessThan(9000);
});
