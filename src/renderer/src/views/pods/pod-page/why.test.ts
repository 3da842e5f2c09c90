import { describe, expect, test } from 'vitest';
import type { ContainerStatus, Pod } from '../../../../../shared/api/kinds.ts';
import { containerViews } from './container-view.ts';
import { soonestTry, whyOf } from './why.ts';

function aPod(statuses: Partial<ContainerStatus>[], status: Pod['status'] = {}): Pod {
  return {
    metadata: { name: 'web' },
    spec: { containers: statuses.map((one) => ({ name: one.name ?? 'app', image: 'app:1' })) },
    status: {
      ...status,
      containerStatuses: statuses.map((one) => ({
        name: 'app',
        image: 'app:1',
        imageID: '',
        ready: false,
        restartCount: 0,
        ...one,
      })),
    },
  };
}

const crash: Partial<ContainerStatus> = {
  restartCount: 3,
  state: {
    waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s restarting failed container=app pod=web_d(1)' },
  },
  lastState: {
    terminated: { exitCode: 1, reason: 'Error', message: 'panic: no port', finishedAt: '2026-01-01T00:00:00Z' },
  },
};

describe('why a pod is not well', () => {
  test('a crash says what the program said, how it ended and when the next try is', () => {
    const pod = aPod([crash]);
    const why = whyOf(
      pod,
      { kind: 'failing', word: 'CrashLoopBackOff', sentence: 'From the row.' },
      containerViews(pod),
    );
    expect(why?.sentence).toBe('From the row.');
    expect(why?.findings).toEqual([
      {
        container: 'app',
        word: 'CrashLoopBackOff',
        said: 'panic: no port',
        end: crash.lastState?.terminated,
        nextTryAt: Date.parse('2026-01-01T00:00:40Z'),
        hasPrevious: true,
      },
    ]);
  });

  test('an image that cannot be pulled gives the words of the registry', () => {
    const said = 'manifest for app:1 not found: manifest unknown';
    const pod = aPod([{ state: { waiting: { reason: 'ErrImagePull', message: said } } }]);
    const why = whyOf(pod, { kind: 'failing', word: 'ErrImagePull' }, containerViews(pod));
    expect(why).toMatchObject({ sentence: 'The image could not be pulled.', findings: [{ said, hasPrevious: false }] });
  });

  test('a pod that fits nowhere gives the words of the scheduler', () => {
    const message = '0/2 nodes are available: 2 Insufficient cpu.';
    const pod = aPod([], { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }] });
    const why = whyOf(pod, { kind: 'waiting', word: 'Pending' }, containerViews(pod));
    expect(why).toEqual({
      sentence: 'No node fits this pod at present.',
      findings: [{ container: '', word: 'Unschedulable', said: message, hasPrevious: false }],
    });
  });

  test('an evicted pod gives the words of the kubelet', () => {
    const pod = aPod([], { phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' });
    const why = whyOf(pod, { kind: 'failing', word: 'Evicted' }, []);
    expect(why?.findings[0]?.said).toBe('The node was low on resource: memory.');
  });

  test('a healthy pod has none', () => expect(whyOf(aPod([]), { kind: 'healthy', word: 'Running' }, [])).toBeNull());
});

test('the soonest of several tries counts', () => {
  const later = {
    ...crash,
    name: 'b',
    state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 5m0s restarting x' } },
  };
  expect(soonestTry(containerViews(aPod([crash, later])))).toBe(Date.parse('2026-01-01T00:00:40Z'));
  expect(soonestTry([])).toBeUndefined();
});
