import type { FilterPlugin, Rejection } from '../framework/plugin.ts';
import { isTolerated } from '../framework/tolerations.ts';

const REJECTION: Rejection = { reasons: ['node(s) were unschedulable'], unresolvable: true };
const TAINT = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

/** Keeps pods off cordoned nodes, unless they tolerate the taint that stands for it. */
export const nodeUnschedulable: FilterPlugin = {
  name: 'NodeUnschedulable',
  retryOn: ['NodeAdded', 'NodeChanged'],
  prepare: ({ pod }) =>
    isTolerated(TAINT, pod.spec?.tolerations ?? [])
      ? undefined
      : { filter: (node) => (node.unschedulable ? REJECTION : undefined) },
};
