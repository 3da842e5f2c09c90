import { describe, expect, test } from 'vitest';
import type { ContainerStatus } from '../../../../../shared/api/kinds.ts';
import { namedDelayMs, nextTryAt, restartDelayMs } from './restart-delay.ts';

function crashed(more: Partial<ContainerStatus> = {}, message?: string): ContainerStatus {
  return {
    name: 'app',
    image: 'app:1',
    imageID: '',
    ready: false,
    restartCount: 3,
    state: { waiting: { reason: 'CrashLoopBackOff', ...(message ? { message } : {}) } },
    lastState: { terminated: { exitCode: 1, finishedAt: '2026-01-01T00:00:00Z' } },
    ...more,
  };
}

describe('the delay before a restart', () => {
  test.each([
    [0, 0],
    [1, 10_000],
    [2, 20_000],
    [3, 40_000],
    [5, 160_000],
    [6, 300_000],
    [400, 300_000],
  ])('after %i restarts it is %i ms', (restarts, ms) => expect(restartDelayMs(restarts)).toBe(ms));

  test.each([
    ['back-off 10s restarting failed container=app pod=web_default(1)', 10_000],
    ['back-off 1m20s restarting failed container=app pod=web_default(1)', 80_000],
    ['back-off 5m0s restarting failed container=app pod=web_default(1)', 300_000],
    ['Back-off pulling image "x"', undefined],
    [undefined, undefined],
  ])('%j names %s', (message, ms) => expect(namedDelayMs(message)).toBe(ms));
});

describe('the next try', () => {
  const finished = Date.parse('2026-01-01T00:00:00Z');

  test('follows from the count of restarts', () => expect(nextTryAt(crashed())).toBe(finished + 40_000));

  test('is what the kubelet says when it says so', () =>
    expect(nextTryAt(crashed({ restartCount: 9 }, 'back-off 10s restarting failed container=app pod=p_n(u)'))).toBe(
      finished + 10_000,
    ));

  test('is not known of a container that waits for something else, or whose last end is not known', () => {
    expect(nextTryAt(crashed({ state: { waiting: { reason: 'ImagePullBackOff' } } }))).toBeUndefined();
    expect(nextTryAt(crashed({ lastState: {} }))).toBeUndefined();
  });
});
