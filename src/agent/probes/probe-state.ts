import type { Probe } from './run-probe.ts';

export type ProbeKind = 'startup' | 'liveness' | 'readiness';

/** Upstream's defaults (pkg/apis/core/v1/defaults.go), in case the object was not defaulted. */
export const periodMs = (probe: Probe): number => (probe.periodSeconds ?? 10) * 1000;
const successThreshold = (probe: Probe): number => probe.successThreshold ?? 1;
const failureThreshold = (probe: Probe): number => probe.failureThreshold ?? 3;

/** Consecutive outcomes of a probe, and the verdict they have led to. */
export interface ProbeState {
  lastOk: boolean | undefined;
  run: number;
  /** What counts: before the first result liveness is taken to succeed, the others not (pkg/kubelet/prober). */
  verdict: boolean;
}

export const initialState = (kind: ProbeKind): ProbeState => ({
  lastOk: undefined,
  run: 0,
  verdict: kind === 'liveness',
});

/** The state after one more outcome: the verdict turns only at the probe's threshold. */
export function afterOutcome(state: ProbeState, ok: boolean, probe: Probe): ProbeState {
  const run = state.lastOk === ok ? state.run + 1 : 1;
  const threshold = ok ? successThreshold(probe) : failureThreshold(probe);
  return { lastOk: ok, run, verdict: run >= threshold ? ok : state.verdict };
}

/** A startup or liveness probe has failed for good: the container must be restarted. */
export function hasFailed(kind: ProbeKind, state: ProbeState, probe: Probe): boolean {
  return kind !== 'readiness' && state.lastOk === false && state.run >= failureThreshold(probe);
}
