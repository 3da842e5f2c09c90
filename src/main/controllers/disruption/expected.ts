import type { Pod, PodDisruptionBudget } from '../../../shared/api/kinds.ts';
import { scaledValue } from '../runtime/int-or-percent.ts';

export interface Expected {
  /** How many pods there should be: the sum of what their controllers want, or what there is. */
  expectedPods: number;
  desiredHealthy: number;
}

/** Whether the budget is about a share of what the pods' controllers want, so that their scale must be known. */
export function needsScale({ spec }: PodDisruptionBudget): boolean {
  return spec?.maxUnavailable !== undefined || typeof spec?.minAvailable === 'string';
}

/**
 * What a budget asks for (getExpectedPodCount). `scale` is the sum over all controllers of the pods, of use only when
 * `needsScale`. Percentages are rounded up.
 */
export function expectedOf({ spec }: PodDisruptionBudget, pods: readonly Pod[], scale: number): Expected {
  const { maxUnavailable, minAvailable } = spec ?? {};
  if (maxUnavailable !== undefined)
    return { expectedPods: scale, desiredHealthy: Math.max(0, scale - scaledValue(maxUnavailable, scale, 'up')) };
  if (typeof minAvailable === 'number') return { expectedPods: pods.length, desiredHealthy: minAvailable };
  if (typeof minAvailable === 'string')
    return { expectedPods: scale, desiredHealthy: scaledValue(minAvailable, scale, 'up') };
  return { expectedPods: 0, desiredHealthy: 0 };
}
