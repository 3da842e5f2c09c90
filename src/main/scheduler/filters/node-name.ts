import type { FilterPlugin, Rejection } from '../framework/plugin.ts';

const REJECTION: Rejection = { reasons: ["node(s) didn't match the requested node name"], unresolvable: true };

/** A pod that names its node goes nowhere else. */
export const nodeName: FilterPlugin = {
  name: 'NodeName',
  retryOn: ['NodeAdded'],
  prepare: ({ pod }) => {
    const wanted = pod.spec?.nodeName;
    return wanted ? { filter: (node) => (node.name === wanted ? undefined : REJECTION) } : undefined;
  },
};
