import type { PodInfo } from '../cache/pod-info.ts';
import { matchesTerm, namedNodes, type NodeSelectorTerm } from '../framework/node-selector.ts';
import type { FilterPlugin, PreparedFilter, Rejection } from '../framework/plugin.ts';

const REJECTION: Rejection = { reasons: ["node(s) didn't match Pod's node affinity/selector"], unresolvable: true };

/** `nodeSelector`, and the required terms of node affinity, one of which has to match. */
export const nodeAffinity: FilterPlugin = {
  name: 'NodeAffinity',
  retryOn: ['NodeAdded', 'NodeChanged'],
  prepare,
};

function prepare({ pod }: PodInfo): PreparedFilter | undefined {
  const labels = Object.entries(pod.spec?.nodeSelector ?? {});
  const terms =
    pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? undefined;
  if (labels.length === 0 && terms === undefined) return undefined;
  const only = terms && onlyNamed(terms);
  return {
    filter: (node) => {
      const matches =
        labels.every(([key, value]) => node.labels[key] === value) &&
        (terms === undefined || terms.some((term) => matchesTerm(term, node)));
      return matches ? undefined : REJECTION;
    },
    ...(only ? { only } : {}),
  };
}

/** DaemonSet pods are pinned by name: when every term names nodes, nobody else need be looked at. */
function onlyNamed(terms: readonly NodeSelectorTerm[]): ReadonlySet<string> | undefined {
  const names = terms.map(namedNodes);
  return names.length > 0 && names.every((name) => name !== undefined) ? new Set(names.flat()) : undefined;
}
