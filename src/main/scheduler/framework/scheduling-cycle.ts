import type { ClusterCache } from '../cache/cluster-cache.ts';
import type { NodeInfo } from '../cache/node-info.ts';
import type { PodInfo } from '../cache/pod-info.ts';
import type { FitError } from './fit-error.ts';
import type { FilterPlugin, NodeFilter, Rejection, ScorePlugin } from './plugin.ts';
import { explainPreemption } from './preemption.ts';
import { feasibleNodesToFind } from './sampling.ts';

export type Decision =
  | { fits: true; node: string; evaluated: number; feasible: number }
  | { fits: false; error: FitError; preemption: string | undefined };

interface ActiveFilter {
  name: string;
  filter: NodeFilter;
}

/** Chooses a node for one pod at a time. Pure but for where the next search starts. */
export class SchedulingCycle {
  #start = 0;

  constructor(
    private readonly cluster: ClusterCache,
    private readonly plugins: { filters: readonly FilterPlugin[]; scores: readonly ScorePlugin[] },
    /** A number in [0, 1). */
    private readonly random: () => number,
  ) {}

  decide(pod: PodInfo): Decision {
    const filters: ActiveFilter[] = [];
    let only: ReadonlySet<string> | undefined;
    const narrowing: string[] = [];
    for (const plugin of this.plugins.filters) {
      const prepared = plugin.prepare(pod);
      if (!prepared) continue;
      if (prepared.refusal !== undefined) return this.#refuseEverywhere(pod, plugin.name, prepared.refusal);
      filters.push({ name: plugin.name, filter: prepared.filter });
      if (!prepared.only) continue;
      only = only ? new Set([...only].filter((name) => prepared.only?.has(name))) : prepared.only;
      narrowing.push(plugin.name);
    }
    const found = this.#findFeasible(filters, only);
    const [first] = found.feasible;
    if (!first) return this.#refuse(pod, filters, found, narrowing);
    const node = found.feasible.length === 1 ? first : this.#best(pod, found.feasible);
    return { fits: true, node: node.name, evaluated: found.evaluated, feasible: found.feasible.length };
  }

  #findFeasible(filters: readonly ActiveFilter[], only: ReadonlySet<string> | undefined): Found {
    const nodes = only ? this.#named(only) : this.cluster.nodes;
    const enough = feasibleNodesToFind(nodes.length);
    const found: Found = { feasible: [], evaluated: 0, rejections: new Map(), plugins: new Set() };
    for (let offset = 0; offset < nodes.length && found.feasible.length < enough; offset += 1) {
      const node = nodes[(this.#start + offset) % nodes.length];
      if (!node) continue;
      found.evaluated += 1;
      const rejection = reject(node, filters, found.plugins);
      if (rejection) found.rejections.set(node.name, rejection);
      else found.feasible.push(node);
    }
    // The next pod starts where this one stopped, so that all nodes get their turn.
    if (!only && nodes.length > 0) this.#start = (this.#start + found.evaluated) % nodes.length;
    return found;
  }

  #named(names: ReadonlySet<string>): NodeInfo[] {
    return [...names].flatMap((name) => {
      const info = this.cluster.node(name);
      return info?.node ? [info] : [];
    });
  }

  #refuse(pod: PodInfo, filters: readonly ActiveFilter[], found: Found, narrowing: readonly string[]): Decision {
    for (const name of narrowing) found.plugins.add(name);
    const others: Rejection | undefined =
      narrowing.length > 0
        ? { reasons: [`node(s) didn't satisfy plugin(s) [${narrowing.join(' ')}]`], unresolvable: true }
        : undefined;
    const error = {
      totalNodes: this.cluster.nodes.length,
      rejections: found.rejections,
      others,
      plugins: found.plugins,
    };
    const all = filters.map(({ filter }) => filter);
    return { fits: false, error, preemption: explainPreemption(pod, error, all, this.cluster) };
  }

  #refuseEverywhere(pod: PodInfo, plugin: string, refusal: string): Decision {
    const totalNodes = this.cluster.nodes.length;
    const error = { totalNodes, rejections: new Map(), others: undefined, refusal, plugins: new Set([plugin]) };
    return { fits: false, error, preemption: explainPreemption(pod, error, [], this.cluster) };
  }

  #best(pod: PodInfo, feasible: readonly NodeInfo[]): NodeInfo {
    const totals = new Float64Array(feasible.length);
    for (const plugin of this.plugins.scores) {
      const prepared = plugin.prepare(pod, this.cluster);
      if (!prepared) continue;
      const scores = feasible.map((node) => prepared.score(node));
      prepared.normalize?.(scores);
      for (let index = 0; index < scores.length; index += 1)
        totals[index] = (totals[index] ?? 0) + (scores[index] ?? 0) * plugin.weight;
    }
    return this.#pick(feasible, totals);
  }

  /** The highest total; among equals each with the same chance, in one pass (reservoir sampling). */
  #pick(feasible: readonly NodeInfo[], totals: Float64Array): NodeInfo {
    let best = 0;
    let equals = 1;
    for (let index = 1; index < totals.length; index += 1) {
      const difference = (totals[index] ?? 0) - (totals[best] ?? 0);
      if (difference > 0) {
        best = index;
        equals = 1;
      } else if (difference === 0) {
        equals += 1;
        if (this.random() * equals < 1) best = index;
      }
    }
    const node = feasible[best];
    if (!node) throw new Error('picked from no nodes');
    return node;
  }
}

interface Found {
  feasible: NodeInfo[];
  evaluated: number;
  rejections: Map<string, Rejection>;
  plugins: Set<string>;
}

function reject(node: NodeInfo, filters: readonly ActiveFilter[], plugins: Set<string>): Rejection | undefined {
  for (const { name, filter } of filters) {
    const rejection = filter(node);
    if (!rejection) continue;
    plugins.add(name);
    return rejection;
  }
  return undefined;
}
