import type { ClusterCache } from '../cache/cluster-cache.ts';
import type { NodeInfo } from '../cache/node-info.ts';
import type { PodInfo } from '../cache/pod-info.ts';

/** Why a node will not do. Shared constants where possible: thousands are made in a cycle. */
export interface Rejection {
  readonly reasons: readonly string[];
  /** Taking pods off the node would not help (upstream UnschedulableAndUnresolvable). */
  readonly unresolvable: boolean;
}

export type NodeFilter = (node: NodeInfo) => Rejection | undefined;

/** What may make an unschedulable pod schedulable. */
export type ClusterEvent = 'NodeAdded' | 'NodeChanged' | 'PodRemoved';

export interface FilterPlugin {
  readonly name: string;
  /** Upstream's PreFilter: works out what concerns this pod. Undefined: the plugin has nothing against any node. */
  prepare(pod: PodInfo): PreparedFilter | undefined;
  /** Events after which a pod that this plugin turned away is worth another try, if the node concerned now passes. */
  readonly retryOn: readonly ClusterEvent[];
}

export interface PreparedFilter {
  filter: NodeFilter;
  /** When given, no other nodes can do. */
  only?: ReadonlySet<string>;
  /** Why no node at all can do for now: said in place of what is against each node. */
  refusal?: string;
}

/** The highest score a plugin may give, after normalizing. */
export const MAX_SCORE = 100;

export interface ScorePlugin {
  readonly name: string;
  readonly weight: number;
  /** Upstream's PreScore. Undefined: the plugin has no preference for this pod. */
  prepare(pod: PodInfo, cluster: ClusterCache): PreparedScore | undefined;
}

export interface PreparedScore {
  /** Higher is better; 0 to 100 unless it is normalized. */
  score(node: NodeInfo): number;
  /** Brings the scores of all feasible nodes to 0 to 100, in place. */
  normalize?(scores: number[]): void;
}

/** Scales so that the best has 100; reversed, so that the least has (helper.DefaultNormalizeScore). */
export function normalizeByMax(scores: number[], reverse: boolean): void {
  let max = 0;
  for (const score of scores) if (score > max) max = score;
  for (let index = 0; index < scores.length; index += 1) {
    const scaled = max === 0 ? 0 : Math.trunc((MAX_SCORE * (scores[index] ?? 0)) / max);
    scores[index] = reverse ? MAX_SCORE - scaled : scaled;
  }
}
