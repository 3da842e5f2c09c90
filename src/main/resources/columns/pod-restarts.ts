import type { PodSummary } from '../../../shared/view/pod-summary.ts';
import { printAge } from './age.ts';

/** `3 (5m ago)`: the RESTARTS column of `kubectl get pods`. */
export function printRestarts({ restarts, lastRestart }: PodSummary, now: number): string {
  return restarts !== 0 && lastRestart ? `${restarts} (${printAge(lastRestart, now)} ago)` : String(restarts);
}
