import { normalizeByMax, type ScorePlugin } from '../framework/plugin.ts';
import { isTolerated } from '../framework/tolerations.ts';

/** Prefers nodes with fewer PreferNoSchedule taints that the pod does not tolerate. */
export const taintToleration: ScorePlugin = {
  name: 'TaintToleration',
  weight: 3,
  prepare: ({ pod }) => {
    const tolerations = (pod.spec?.tolerations ?? []).filter(({ effect }) => !effect || effect === 'PreferNoSchedule');
    return {
      score: ({ softTaints }) =>
        softTaints.length === 0 ? 0 : softTaints.filter((taint) => !isTolerated(taint, tolerations)).length,
      normalize: (scores) => normalizeByMax(scores, true),
    };
  },
};
