import type { Taint, Toleration } from '../../../shared/api/kinds.ts';

/** Whether a toleration matches a taint (core/v1 helper ToleratesTaint). An empty key with Exists matches all. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  if (toleration.operator === 'Exists') return true;
  if (!toleration.key) return false;
  return (toleration.value ?? '') === (taint.value ?? '');
}

/**
 * How long a pod with these tolerations may stay on a node with these NoExecute taints, in seconds: 0 when one of
 * them is not tolerated at all, Infinity when all are for good (tainteviction's getMinTolerationTime).
 */
export function tolerationSeconds(taints: readonly Taint[], tolerations: readonly Toleration[]): number {
  let least = Infinity;
  for (const taint of taints) {
    const matching = tolerations.filter((toleration) => tolerates(toleration, taint));
    if (matching.length === 0) return 0;
    for (const { tolerationSeconds: seconds } of matching)
      if (seconds !== undefined) least = Math.min(least, Math.max(0, seconds));
  }
  return least;
}
