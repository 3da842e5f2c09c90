import type { PodStats, StatsSummary } from '../../shared/api/stats-summary.ts';
import { PointRing, type Point } from './point-ring.ts';

/** What a chart can be about. */
export type MetricsScope =
  { scope: 'cluster' } | { scope: 'node'; node: string } | { scope: 'pod'; namespace: string; pod: string };

export interface UsageSeries {
  /** `cluster`, the node's name, or the container's name. */
  name: string;
  points: Point[];
}

interface PodSeries {
  uid: string;
  containers: Map<string, PointRing>;
  /** Cores and bytes of all its containers at the last sample. */
  latest: Point;
}

/** Keeps what the samples said: a ring for the cluster, each node, and each container of each pod. */
export class UsageHistory {
  readonly #cluster: PointRing;
  readonly #nodes = new Map<string, PointRing>();
  readonly #pods = new Map<string, PodSeries>();

  constructor(
    private readonly capacity: number,
    private readonly keepMs: number,
  ) {
    this.#cluster = new PointRing(capacity);
  }

  addSummary(node: string, summary: StatsSummary, at: number): void {
    let ring = this.#nodes.get(node);
    if (!ring) this.#nodes.set(node, (ring = new PointRing(this.capacity)));
    ring.push({ at, cpu: summary.node.cpu.usageNanoCores / 1e9, memory: summary.node.memory.workingSetBytes });
    for (const pod of summary.pods) this.#addPod(pod, at);
  }

  /** Adds a point to the cluster's series if every one of these nodes has been heard: a part of them would draw a dip. */
  sumCluster(nodes: readonly string[], at: number): void {
    const points = nodes.flatMap((node) => this.#nodes.get(node)?.last ?? []);
    if (nodes.length === 0 || points.length < nodes.length) return;
    const add = (sum: Point, { cpu, memory }: Point): Point => ({
      at,
      cpu: sum.cpu + cpu,
      memory: sum.memory + memory,
    });
    this.#cluster.push(points.reduce(add, { at, cpu: 0, memory: 0 }));
  }

  /** Forgets nodes that are not in the cluster any more, and pods without a sample for as long as history is kept. */
  prune(nodes: ReadonlySet<string>, now: number): void {
    for (const node of this.#nodes.keys()) if (!nodes.has(node)) this.#nodes.delete(node);
    for (const [key, pod] of this.#pods) if (now - pod.latest.at > this.keepMs) this.#pods.delete(key);
  }

  latestOfCluster(): Point | undefined {
    return this.#cluster.last;
  }

  latestOfNode(node: string): Point | undefined {
    return this.#nodes.get(node)?.last;
  }

  latestOfPod(namespace: string, name: string): Point | undefined {
    return this.#pods.get(`${namespace}/${name}`)?.latest;
  }

  /** The newest point of each container of a pod. */
  latestOfContainers(namespace: string, name: string): { name: string; point: Point }[] {
    const pod = this.#pods.get(`${namespace}/${name}`);
    return [...(pod?.containers ?? [])].flatMap(([container, { last }]) =>
      // One that is gone has no part in the pod's last sample.
      last && last.at === pod?.latest.at ? [{ name: container, point: last }] : [],
    );
  }

  /** Each series of the scope, with its points after `after`. */
  series(scope: MetricsScope, after: number): UsageSeries[] {
    switch (scope.scope) {
      case 'cluster':
        return [{ name: 'cluster', points: this.#cluster.since(after) }];
      case 'node':
        return [{ name: scope.node, points: this.#nodes.get(scope.node)?.since(after) ?? [] }];
      case 'pod': {
        const pod = this.#pods.get(`${scope.namespace}/${scope.pod}`);
        return [...(pod?.containers ?? [])].map(([name, ring]) => ({ name, points: ring.since(after) }));
      }
    }
  }

  #addPod({ podRef, containers }: PodStats, at: number): void {
    const key = `${podRef.namespace}/${podRef.name}`;
    let pod = this.#pods.get(key);
    // Another pod of the same name (a StatefulSet's) has its own history.
    if (pod?.uid !== podRef.uid) pod = { uid: podRef.uid, containers: new Map(), latest: { at, cpu: 0, memory: 0 } };
    this.#pods.set(key, pod);
    const latest: Point = { at, cpu: 0, memory: 0 };
    for (const { name, cpu, memory } of containers) {
      let ring = pod.containers.get(name);
      if (!ring) pod.containers.set(name, (ring = new PointRing(this.capacity)));
      const point = { at, cpu: cpu.usageNanoCores / 1e9, memory: memory.workingSetBytes };
      ring.push(point);
      latest.cpu += point.cpu;
      latest.memory += point.memory;
    }
    pod.latest = latest;
  }
}
