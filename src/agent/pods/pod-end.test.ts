import { describe, expect, test } from 'vitest';
import { anExit, aPod, aRun, observedPod } from './fixtures.ts';
import { activeDeadlineOf, deadlineEnd } from './pod-end.ts';
import { podStatus } from './pod-status.ts';

const begun = aPod({ activeDeadlineSeconds: 30 }, { status: { startTime: '2026-01-01T00:00:00Z' } });
const T0 = Date.parse('2026-01-01T00:00:00Z');

test('a pod without a deadline, or that has not begun, has none', () => {
  expect(activeDeadlineOf(aPod({}, { status: begun.status! }))).toBeUndefined();
  expect(activeDeadlineOf(aPod({ activeDeadlineSeconds: 30 }))).toBeUndefined();
});

test('it ends at its deadline, not before', () => {
  expect(deadlineEnd(begun, T0 + 29_999)).toBeUndefined();
  expect(deadlineEnd(begun, T0 + 30_000)).toEqual({
    reason: 'DeadlineExceeded',
    message: 'Pod was active on the node longer than the specified deadline',
  });
});

describe('a pod that was ended', () => {
  const statusWith = (containers: ReturnType<typeof aRun>[]) =>
    podStatus({
      pod: begun,
      observed: observedPod(containers),
      end: { reason: 'Evicted', message: 'too much' },
      waiting: new Map(),
      started: new Set(),
      ready: new Set(),
      messages: new Map(),
      imageRef: (id) => id,
      stopping: false,
      hostIp: '192.0.2.1',
      now: T0,
    });

  test('keeps its phase while anything of it runs', () => {
    expect(statusWith([aRun()])).toMatchObject({ phase: 'Running' });
    expect(statusWith([aRun()]).reason).toBeUndefined();
  });
  test.each([['of a container that ended well', [anExit(0)]] as const, ['without any container', []] as const])(
    'has failed then: %s',
    (_what, containers) => {
      expect(statusWith([...containers])).toMatchObject({ phase: 'Failed', reason: 'Evicted', message: 'too much' });
    },
  );
});
