import type { Pod } from '../../shared/api/kinds.ts';
import { fnv32a } from '../../shared/api/hash.ts';

/**
 * How long each stage of a simulated pod lasts, and which failures it plays. Names and meaning are upstream KWOK's
 * (kubernetes-sigs/kwok, kustomize/stage): `STAGE.stage.kwok.x-k8s.io/delay` and `/jitter-delay` as Go durations.
 */
export type Stage = 'pod-create' | 'pod-ready' | 'pod-complete' | 'pod-delete' | 'pod-container-running-failed';

/** Defaults in ms: short, but long enough that a person sees the phase. */
const DEFAULTS: Record<Stage, { delay: number; jitter: number }> = {
  'pod-create': { delay: 300, jitter: 500 },
  'pod-ready': { delay: 700, jitter: 1300 },
  'pod-complete': { delay: 1000, jitter: 1000 },
  'pod-delete': { delay: 500, jitter: 500 },
  'pod-container-running-failed': { delay: 1000, jitter: 1000 },
};

const UNIT_MS: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a Go duration (`1m30s`, `250ms`), or undefined when the text is none. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)) {
    total += Number(amount) * (UNIT_MS[unit ?? ''] ?? 0);
  }
  return total;
}

/** KWOK looks at labels for switches and at annotations for values; we accept both in either place. */
function setting(pod: Pod, name: string): string | undefined {
  return pod.metadata?.annotations?.[name] ?? pod.metadata?.labels?.[name];
}

/** Delay of a stage in ms: the same pod and stage always give the same number, so a restart changes nothing. */
export function stageDelay(pod: Pod, stage: Stage): number {
  const prefix = `${stage}.stage.kwok.x-k8s.io`;
  const named = parseDuration(setting(pod, `${prefix}/delay`) ?? '');
  const delay = named ?? DEFAULTS[stage].delay;
  // As in KWOK, jitter-delay is the upper end of a range that starts at delay.
  const upper =
    parseDuration(setting(pod, `${prefix}/jitter-delay`) ?? '') ??
    (named === undefined ? delay + DEFAULTS[stage].jitter : delay);
  const fraction = fnv32a(new TextEncoder().encode(`${pod.metadata?.uid ?? ''}/${stage}`)) / 2 ** 32;
  return delay + Math.max(0, upper - delay) * fraction;
}

/** Whether the pod is to complete by itself: Job pods, and pods that name a duration. */
export function completes(pod: Pod): boolean {
  const owner = pod.metadata?.ownerReferences?.find((reference) => reference.controller);
  return owner?.kind === 'Job' || setting(pod, 'pod-complete.stage.kwok.x-k8s.io/delay') !== undefined;
}

export interface PlayedFailure {
  /** Empty: every container. */
  containerName: string;
  exitCode: number;
  reason: string;
  message: string;
}

/** The container failure the pod asks for, if any. */
export function playedFailure(pod: Pod): PlayedFailure | undefined {
  const stage = 'pod-container-running-failed.stage.kwok.x-k8s.io';
  if (setting(pod, stage) !== 'true') return undefined;
  const exitCode = Number(setting(pod, `${stage}/exit-code`) ?? 1);
  return {
    containerName: setting(pod, `${stage}/container-name`) ?? '',
    exitCode: Number.isInteger(exitCode) ? exitCode : 1,
    reason: setting(pod, `${stage}/reason`) ?? 'Error',
    message: setting(pod, `${stage}/message`) ?? '',
  };
}

/** The image pull failure the pod asks for (our own stage: KWOK has none): the registry's words. */
export function playedPullFailure(pod: Pod): string | undefined {
  return setting(pod, 'pod-image-pull-failed.stage.wheelhouse.dev/message');
}
