import { nodeAffinity } from '../filters/node-affinity.ts';
import { nodeName } from '../filters/node-name.ts';
import { nodePorts } from '../filters/node-ports.ts';
import { nodeResourcesFit } from '../filters/node-resources-fit.ts';
import { nodeUnschedulable } from '../filters/node-unschedulable.ts';
import { taintToleration } from '../filters/taint-toleration.ts';
import { balancedAllocation } from '../scores/balanced-allocation.ts';
import { imageLocality } from '../scores/image-locality.ts';
import { leastAllocated } from '../scores/least-allocated.ts';
import { nodeAffinity as nodeAffinityScore } from '../scores/node-affinity.ts';
import { podTopologySpread } from '../scores/pod-topology-spread.ts';
import { taintToleration as taintTolerationScore } from '../scores/taint-toleration.ts';
import type { FilterPlugin, ScorePlugin } from './plugin.ts';

/** In upstream's order (apis/config/v1/default_plugins.go): the first that rejects a node gives the reason. */
export const DEFAULT_FILTERS: readonly FilterPlugin[] = [
  nodeUnschedulable,
  nodeName,
  taintToleration,
  nodeAffinity,
  nodePorts,
  nodeResourcesFit,
];

export const DEFAULT_SCORES: readonly ScorePlugin[] = [
  taintTolerationScore,
  nodeAffinityScore,
  podTopologySpread,
  leastAllocated,
  balancedAllocation,
  imageLocality,
];
