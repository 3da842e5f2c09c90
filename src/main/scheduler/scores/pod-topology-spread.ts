import { MAX_SCORE, type ScorePlugin } from '../framework/plugin.ts';

/** Of upstream's built-in constraint on kubernetes.io/hostname (podtopologyspread/plugin.go systemDefaultConstraints). */
const MAX_SKEW = 3;

/**
 * Spreads the replicas of one controller over nodes, as upstream's system default constraint on the hostname does
 * (ScheduleAnyway). Replicas are told by their controller, which for ReplicaSets is the same as by its selector.
 * Constraints that a pod names itself, and the default one on zones, are not looked at yet.
 */
export const podTopologySpread: ScorePlugin = {
  name: 'PodTopologySpread',
  weight: 2,
  prepare: ({ replicaOf }, cluster) => {
    if (replicaOf === undefined) return undefined;
    // The more nodes there are, the more one replica weighs (scoring.go topologyNormalizingWeight).
    const weight = Math.log(cluster.nodes.length + 2);
    return {
      score: (node) => Math.round(node.replicasOf(replicaOf) * weight + (MAX_SKEW - 1)),
      normalize: (scores) => {
        let min = Infinity;
        let max = 0;
        for (const score of scores) {
          if (score < min) min = score;
          if (score > max) max = score;
        }
        for (let index = 0; index < scores.length; index += 1) {
          scores[index] = max === 0 ? MAX_SCORE : Math.trunc((MAX_SCORE * (max + min - (scores[index] ?? 0))) / max);
        }
      },
    };
  },
};
