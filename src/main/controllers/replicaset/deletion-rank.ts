import type { Pod } from '../../../shared/api/kinds.ts';
import { isPodReady, readySince } from '../runtime/pod-state.ts';

/** Annotation that makes a pod a better (lower) or worse (higher) choice for deletion. */
export const POD_DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

const PHASE_RANK: Record<string, number> = { Pending: 0, Unknown: 1, Running: 2 };

/**
 * Orders pods so that those to delete first come first (upstream ActivePodsWithRanks).
 * `related` are all active pods of the ReplicaSet's siblings and its own: a node that holds more of them gives one up first.
 */
export function inDeletionOrder(pods: readonly Pod[], related: readonly Pod[], now: number): Pod[] {
  const perNode = new Map<string, number>();
  for (const pod of related) {
    const node = pod.spec?.nodeName ?? '';
    perNode.set(node, (perNode.get(node) ?? 0) + 1);
  }
  const crowding = (pod: Pod): number => perNode.get(pod.spec?.nodeName ?? '') ?? 0;
  return [...pods].sort(
    (a, b) =>
      Number(Boolean(a.spec?.nodeName)) - Number(Boolean(b.spec?.nodeName)) ||
      phaseRank(a) - phaseRank(b) ||
      Number(isPodReady(a)) - Number(isPodReady(b)) ||
      deletionCost(a) - deletionCost(b) ||
      crowding(b) - crowding(a) ||
      byAge(readySince(a), readySince(b), a, b, now) ||
      restarts(b) - restarts(a) ||
      byAge(createdAt(a), createdAt(b), a, b, now),
  );
}

const phaseRank = (pod: Pod): number => PHASE_RANK[pod.status?.phase ?? ''] ?? 0;

/** Validation keeps the annotation an int32; anything else counts as 0, as upstream. */
function deletionCost(pod: Pod): number {
  const cost = Number(pod.metadata?.annotations?.[POD_DELETION_COST] ?? 0);
  return Number.isInteger(cost) ? cost : 0;
}

function restarts(pod: Pod): number {
  return Math.max(0, ...(pod.status?.containerStatuses ?? []).map((status) => status.restartCount));
}

function createdAt(pod: Pod): number | undefined {
  const at = pod.metadata?.creationTimestamp;
  return at ? Date.parse(at) : undefined;
}

/**
 * The younger first, by orders of magnitude only (KEP-2185): within one power of two the uid decides, which is as
 * good as random, so that scaling down does not always undo the last scale-up.
 */
function byAge(a: number | undefined, b: number | undefined, podA: Pod, podB: Pod, now: number): number {
  if (a === undefined || b === undefined || a === b) return 0;
  const difference = magnitude(now - a) - magnitude(now - b);
  if (difference !== 0) return difference;
  return (podA.metadata?.uid ?? '') < (podB.metadata?.uid ?? '') ? -1 : 1;
}

/** Upstream takes log2 of nanoseconds; ages here are milliseconds. */
const magnitude = (ageMs: number): number => (ageMs > 0 ? Math.trunc(Math.log2(ageMs * 1e6)) : -1);
