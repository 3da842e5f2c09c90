import type { FilterPlugin } from '../framework/plugin.ts';
import { isTolerated } from '../framework/tolerations.ts';

/** Keeps pods off nodes with a NoSchedule or NoExecute taint they do not tolerate. */
export const taintToleration: FilterPlugin = {
  name: 'TaintToleration',
  retryOn: ['NodeAdded', 'NodeChanged'],
  prepare: ({ pod }) => {
    const tolerations = pod.spec?.tolerations ?? [];
    return {
      filter: ({ hardTaints }) => {
        if (hardTaints.length === 0) return undefined;
        const taint = hardTaints.find((candidate) => !isTolerated(candidate, tolerations));
        if (!taint) return undefined;
        return { reasons: [`node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`], unresolvable: true };
      },
    };
  },
};
