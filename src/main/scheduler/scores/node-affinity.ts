import { matchesTerm } from '../framework/node-selector.ts';
import { normalizeByMax, type ScorePlugin } from '../framework/plugin.ts';

/** Prefers nodes that match the preferred terms of node affinity, by the sum of their weights. */
export const nodeAffinity: ScorePlugin = {
  name: 'NodeAffinity',
  weight: 2,
  prepare: ({ pod }) => {
    const terms = pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    if (terms.length === 0) return undefined;
    return {
      score: (node) =>
        terms.reduce((sum, { weight, preference }) => sum + (matchesTerm(preference, node) ? weight : 0), 0),
      normalize: (scores) => normalizeByMax(scores, false),
    };
  },
};
