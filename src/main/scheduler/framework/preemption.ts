import type { ClusterCache } from '../cache/cluster-cache.ts';
import type { PodInfo } from '../cache/pod-info.ts';
import { fitMessage, type FitError } from './fit-error.ts';
import type { NodeFilter, Rejection } from './plugin.ts';

const NOT_HELPFUL: Rejection = { reasons: ['Preemption is not helpful for scheduling'], unresolvable: true };
const NO_VICTIMS: Rejection = { reasons: ['No preemption victims found for incoming pod'], unresolvable: true };
/** Upstream's DefaultPreemptionArgs: so many nodes are tried, at least. */
const MIN_CANDIDATES = 100;

/**
 * Whether evicting pods of lower priority would make room, in upstream's words: the part after `preemption: `.
 * Undefined when it would on some node, for then there is nothing to explain.
 */
export function explainPreemption(
  pod: PodInfo,
  error: FitError,
  filters: readonly NodeFilter[],
  cluster: ClusterCache,
): string | undefined {
  if (pod.pod.spec?.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.';
  const rejections = new Map<string, Rejection>();
  const candidates = [...error.rejections].filter(([, rejection]) => !rejection.unresolvable);
  const enough = Math.max(MIN_CANDIDATES, Math.trunc(candidates.length / 10));
  for (const [index, [name]] of candidates.entries()) {
    // The rest are not tried: enough have been to know that it is of no use.
    const rejection = index < enough ? withoutLesserPods(pod, name, filters, cluster) : NO_VICTIMS;
    if (!rejection) return undefined;
    rejections.set(name, rejection);
  }
  return fitMessage({ totalNodes: error.totalNodes, rejections, others: NOT_HELPFUL, plugins: new Set() });
}

/** Why the pod would not fit even with every pod of lower priority gone; undefined when it would. */
function withoutLesserPods(
  pod: PodInfo,
  name: string,
  filters: readonly NodeFilter[],
  cluster: ClusterCache,
): Rejection | undefined {
  const node = cluster.node(name);
  const victims = [...(node?.pods.values() ?? [])].filter((other) => other.priority < pod.priority);
  if (!node || victims.length === 0) return NO_VICTIMS;
  const emptied = node.clone();
  for (const victim of victims) emptied.removePod(victim.uid);
  for (const filter of filters) {
    const rejection = filter(emptied);
    if (rejection) return rejection;
  }
  return undefined;
}
