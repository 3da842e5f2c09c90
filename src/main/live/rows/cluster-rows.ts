import { MACHINES, NODES, PODS, type Pod } from '../../../shared/api/kinds.ts';
import { nameOf, type KubeObject } from '../../../shared/api/meta.ts';
import type { Informer } from '../../../shared/client/informer.ts';
import type { SharedInformers } from '../../../shared/client/shared-informers.ts';
import type { MetricsSeries } from '../../../shared/live/contract.ts';
import type { Clock } from '../../../shared/logger.ts';
import { isSimulated } from '../../../shared/view/node-row.ts';
import type { Row, RowResource } from '../../../shared/view/rows.ts';
import { PodLoad } from './pod-load.ts';
import { ROW_KINDS } from './row-kinds.ts';
import { RowStore } from './row-store.ts';

type Point = MetricsSeries['points'][number];

/** What the rows and charts need of the metrics: implemented by the MetricsCollector. */
export interface UsageSource {
  latestOfCluster(): Point | undefined;
  latestOfNode(node: string): Point | undefined;
  latestOfPod(namespace: string, name: string): Point | undefined;
  series(
    scope: { scope: 'cluster' } | { scope: 'node'; node: string } | { scope: 'pod'; namespace: string; pod: string },
    after?: number,
  ): { name: string; points: Point[] }[];
  onDidCollect(handler: () => void): () => void;
}

/** The rows of every kind somebody has asked for, and what one kind adds to the rows of another. */
export class ClusterRows {
  readonly #stores = new Map<RowResource, RowStore>();
  readonly #simulated = new Set<string>();
  readonly #machineOf = new Map<string, string>();
  readonly #forgetMetrics: () => void;
  #load: PodLoad | undefined;
  #watchesNodes = false;
  #watchesMachines = false;

  constructor(private readonly deps: { informers: SharedInformers; metrics: UsageSource; clock: Clock }) {
    this.#forgetMetrics = deps.metrics.onDidCollect(() => this.#touch('pods', 'nodes'));
  }

  /** The rows of a kind; its informer is started with the first call, and those of kinds its rows draw on. */
  store(resource: RowResource): RowStore {
    let store = this.#stores.get(resource);
    if (store) return store;
    if (resource === 'pods') this.#watchNodes();
    if (resource === 'nodes') this.#watchMachines();
    if (resource === 'nodes' || resource === 'namespaces') void this.load;
    const kind = ROW_KINDS[resource];
    const informer = this.deps.informers.of(kind.type);
    store = new RowStore(kind, informer, this.deps.clock, (row) => this.#decorate(row));
    this.#stores.set(resource, store);
    return store;
  }

  /** What the pods ask for, by node and in all. */
  get load(): PodLoad {
    if (this.#load) return this.#load;
    const load = (this.#load = new PodLoad());
    const pods: Informer<Pod> = this.deps.informers.of(PODS);
    pods.onDidChange(
      (change) => {
        load.apply(change);
        this.#touch('nodes', 'namespaces');
      },
      { replay: true },
    );
    void pods.start();
    return load;
  }

  /** Cores and bytes in use over all nodes, when every one of them has been heard. */
  usedByCluster(): Point | undefined {
    return this.deps.metrics.latestOfCluster();
  }

  /** The cached object of a row. */
  object(resource: RowResource, key: string): KubeObject | undefined {
    return this.store(resource).informer.get(key);
  }

  close(): void {
    this.#forgetMetrics();
    for (const store of this.#stores.values()) store.close();
  }

  #watchNodes(): void {
    if (this.#watchesNodes) return;
    this.#watchesNodes = true;
    const nodes = this.deps.informers.of(NODES);
    nodes.onDidChange(
      ({ type, object }) => {
        const name = nameOf(object);
        const simulated = type !== 'deleted' && isSimulated(object);
        if (simulated === this.#simulated.has(name)) return;
        if (simulated) this.#simulated.add(name);
        else this.#simulated.delete(name);
        this.#touch('pods');
      },
      { replay: true },
    );
    void nodes.start();
  }

  #watchMachines(): void {
    if (this.#watchesMachines) return;
    this.#watchesMachines = true;
    const machines = this.deps.informers.of(MACHINES);
    machines.onDidChange(
      ({ type, object }) => {
        const node = object.status?.nodeName ?? object.spec?.nodeName ?? nameOf(object);
        if (type === 'deleted') this.#machineOf.delete(node);
        else this.#machineOf.set(node, nameOf(object));
        this.#touch('nodes');
      },
      { replay: true },
    );
    void machines.start();
  }

  #touch(...resources: RowResource[]): void {
    for (const resource of resources) this.#stores.get(resource)?.touch();
  }

  #decorate(row: Row): Row {
    const { metrics } = this.deps;
    switch (row.resource) {
      case 'pods': {
        const used = row.state.word === 'Running' ? metrics.latestOfPod(row.namespace, row.name) : undefined;
        const simulated = this.#simulated.has(row.node);
        return { ...row, simulated, ...(used ? { cpu: used.cpu, memory: used.memory } : {}) };
      }
      case 'nodes': {
        const { pods: podCount, cpu: cpuRequested, memory: memoryRequested } = this.load.ofNode(row.name);
        const used = metrics.latestOfNode(row.name);
        const machine = this.#machineOf.get(row.name);
        return {
          ...row,
          podCount,
          cpuRequested,
          memoryRequested,
          ...(used ? { cpuUsed: used.cpu, memoryUsed: used.memory } : {}),
          ...(machine === undefined ? {} : { machine }),
        };
      }
      case 'namespaces':
        return { ...row, podCount: this.load.inNamespace(row.name) };
      default:
        return row;
    }
  }
}
