/** Fewer nodes than this are all looked at (minFeasibleNodesToFind). */
const MIN_FEASIBLE_NODES = 100;
const MIN_PERCENTAGE = 5;

/** How many feasible nodes are enough to choose from: all up to 100, then 50 % and less the larger the cluster. */
export function feasibleNodesToFind(nodes: number): number {
  if (nodes < MIN_FEASIBLE_NODES) return nodes;
  const percentage = Math.max(MIN_PERCENTAGE, 50 - Math.trunc(nodes / 125));
  return Math.max(MIN_FEASIBLE_NODES, Math.trunc((nodes * percentage) / 100));
}
