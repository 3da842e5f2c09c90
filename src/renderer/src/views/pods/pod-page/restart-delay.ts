import type { ContainerStatus } from '../../../../../shared/api/kinds.ts';

/** The kubelet's restart back-off: 10 s doubling to 5 min (kubelet.go: MaxContainerBackOff, base 10 s). */
const FIRST_MS = 10_000;
const MOST_MS = 300_000;

const GO_UNIT_MS: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** The delay after the n-th restart: 10 s, 20 s, 40 s … 300 s. None before the first. */
export function restartDelayMs(restarts: number): number {
  return restarts < 1 ? 0 : Math.min(MOST_MS, FIRST_MS * 2 ** (restarts - 1));
}

/** The delay the kubelet itself names: `back-off 1m20s restarting failed container=…`. Undefined when it names none. */
export function namedDelayMs(message: string | undefined): number | undefined {
  const text = /^back-off ((?:\d+(?:h|ms|m|s))+) /.exec(message ?? '')?.[1];
  if (text === undefined) return undefined;
  return [...text.matchAll(/(\d+)(h|ms|m|s)/g)].reduce(
    (sum, [, count = '0', unit = 's']) => sum + Number(count) * (GO_UNIT_MS[unit] ?? 0),
    0,
  );
}

/**
 * When the next try of a container in CrashLoopBackOff is due, ms since the epoch. The kubelet's own number is used
 * where it gives one: the count of restarts says too much once a container has run for ten minutes and started over.
 */
export function nextTryAt(status: ContainerStatus): number | undefined {
  const waiting = status.state?.waiting;
  if (waiting?.reason !== 'CrashLoopBackOff') return undefined;
  const finished = Date.parse(status.lastState?.terminated?.finishedAt ?? '');
  if (Number.isNaN(finished)) return undefined;
  return finished + (namedDelayMs(waiting.message) ?? restartDelayMs(status.restartCount));
}
