import type { Duplex } from 'node:stream';
import { LEASES, NODES, PODS, type Node, type Pod } from '../../shared/api/kinds.ts';
import { isAlreadyExists, isConflict, isNotFound, messageOf } from '../../shared/api/errors.ts';
import { keyOf } from '../../shared/api/meta.ts';
import { SIMULATED_LABEL } from '../../shared/api/machine.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import { delay } from '../../shared/client/backoff.ts';
import { Informer } from '../../shared/client/informer.ts';
import { WorkQueue } from '../../shared/client/work-queue.ts';
import type { Clock, Logger } from '../../shared/logger.ts';
import { SimulatedKubelet } from './kubelet-server.ts';
import {
  healthyConditions,
  nodeLease,
  simulatedNode,
  simulatedNodeIndex,
  simulatedNodeName,
  simulatedPodCidr,
} from './node-objects.ts';
import { planPod } from './pod-plan.ts';

/** Writes under way at once: enough to fill a group fsync, few enough to leave the loop free. */
const WORKERS = 32;
/** A kubelet renews its lease every 10 s. */
const LEASE_PERIOD_MS = 10_000;

export interface SimulatorDeps {
  client: ApiClient;
  clock: Clock;
  log: Logger;
  /** `kubeletVersion` of the simulated nodes. */
  version: string;
}

/**
 * Simulated machines, after upstream's KWOK: Nodes with heartbeats whose pods go through the real phases. Everything
 * is an ordinary object in the API, so simulated nodes survive a restart of the control plane.
 */
export class Simulator {
  readonly #nodes: Informer<Node>;
  readonly #pods: Informer<Pod>;
  readonly #queue: WorkQueue;
  readonly #kubelet: SimulatedKubelet;
  readonly #abort = new AbortController();
  readonly #leased = new Set<string>();
  #running: Promise<unknown>[] = [];

  constructor(private readonly deps: SimulatorDeps) {
    const onError = (error: unknown): void => deps.log.warn({ error: messageOf(error) }, 'simulator watch failed');
    this.#nodes = new Informer(deps.client, NODES, { labelSelector: `${SIMULATED_LABEL}=true`, onError });
    this.#pods = new Informer(deps.client, PODS, {
      onError,
      indexers: { node: (pod) => (pod.spec?.nodeName ? [pod.spec.nodeName] : []) },
    });
    this.#queue = new WorkQueue(deps.clock, { baseMs: 50, maxMs: 10_000 });
    this.#kubelet = new SimulatedKubelet({
      node: (name) => this.#nodes.get(name),
      podsOf: (name) => this.#pods.byIndex('node', name),
      now: () => deps.clock.now(),
    });
  }

  /** Takes up the simulated nodes that exist already. */
  async start(): Promise<void> {
    this.#nodes.onDidChange((change) => {
      this.#queue.add(`node/${keyOf(change.object)}`);
      if (change.type === 'added')
        for (const pod of this.#pods.byIndex('node', keyOf(change.object))) this.#queue.add(`pod/${keyOf(pod)}`);
    });
    this.#pods.onDidChange(({ type, object }) => {
      if (type !== 'deleted' && this.#nodes.get(object.spec?.nodeName ?? '')) this.#queue.add(`pod/${keyOf(object)}`);
    });
    await Promise.all([this.#nodes.start(), this.#pods.start()]);
    this.#running = Array.from({ length: WORKERS }, () => this.#work());
    this.#running.push(this.#heartbeat());
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    this.#queue.close();
    this.#nodes.stop();
    this.#pods.stop();
    this.#kubelet.close();
    await Promise.all(this.#running);
  }

  get count(): number {
    return this.#nodes.size;
  }

  /** Makes it exactly `count` simulated nodes: adds the lowest free names, removes the highest. Returns the count. */
  async setCount(count: number): Promise<number> {
    const indexes = [...this.#nodes.values()]
      .map((node) => simulatedNodeIndex(node.metadata?.name ?? ''))
      .filter((index) => index !== undefined);
    const have = new Set(indexes);
    const wanted: number[] = [];
    for (let index = 0; wanted.length < count - have.size; index += 1) if (!have.has(index)) wanted.push(index);
    const surplus = [...have].sort((a, b) => b - a).slice(0, Math.max(0, have.size - count));
    await inParallel(wanted, (index) => this.#addNode(index));
    await inParallel(surplus, (index) => this.#removeNode(simulatedNodeName(index)));
    return count;
  }

  /** The kubelet API of a simulated node; undefined when the node is not simulated. */
  dial(nodeName: string): Duplex | undefined {
    return this.#nodes.get(nodeName) ? this.#kubelet.dial(nodeName) : undefined;
  }

  async #addNode(index: number): Promise<void> {
    try {
      await this.deps.client.create(NODES, simulatedNode(index, this.deps.version));
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
  }

  /** A node that is switched off for good takes its pods along: nothing is left that could end them in order. */
  async #removeNode(name: string): Promise<void> {
    await inParallel(this.#pods.byIndex('node', name), (pod) => this.#deletePod(pod));
    try {
      await this.deps.client.delete(NODES, { name });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async #work(): Promise<void> {
    for (;;) {
      const key = await this.#queue.take();
      if (key === undefined) return;
      try {
        const afterMs = key.startsWith('node/')
          ? await this.#reconcileNode(key.slice(5))
          : await this.#reconcilePod(key.slice(4));
        this.#queue.forget(key);
        if (afterMs !== undefined) this.#queue.addAfter(key, Math.max(1, afterMs));
      } catch (error) {
        if (!this.#abort.signal.aborted && !isNotFound(error) && !isConflict(error))
          this.deps.log.warn({ key, error: messageOf(error) }, 'simulator step failed');
        if (!isNotFound(error)) this.#queue.retry(key);
      } finally {
        this.#queue.done(key);
      }
    }
  }

  /** Keeps a simulated node Ready: posts its status when it has none or the control plane had lost sight of it. */
  async #reconcileNode(name: string): Promise<void> {
    const node = this.#nodes.get(name);
    if (!node) {
      this.#leased.delete(name);
      return;
    }
    const ready = node.status?.conditions?.find((condition) => condition.type === 'Ready');
    if (ready?.status === 'True') return;
    const now = this.deps.clock.now();
    await this.#renewLease(node, now);
    const { status } = simulatedNode(simulatedNodeIndex(name) ?? 0, this.deps.version);
    await this.deps.client.patch(
      NODES,
      { name, subresource: 'status' },
      { status: { ...status, conditions: healthyConditions(now) } },
    );
  }

  async #reconcilePod(key: string): Promise<number | undefined> {
    const pod = this.#pods.get(key);
    const node = this.#nodes.get(pod?.spec?.nodeName ?? '');
    if (!pod || !node) return undefined;
    const address = node.status?.addresses?.find((each) => each.type === 'InternalIP')?.address ?? '';
    const podCidr = node.spec?.podCIDR ?? simulatedPodCidr(0);
    const action = planPod(pod, { address, podCidr }, this.deps.clock.now());
    const target = { name: pod.metadata?.name ?? '', namespace: pod.metadata?.namespace };
    switch (action.do) {
      case 'nothing':
        return undefined;
      case 'wait':
        return action.afterMs;
      case 'delete':
        await this.#deletePod(pod);
        return undefined;
      case 'status':
        // The informer brings the pod back with its new status, and with it the next step.
        await this.deps.client.patch(PODS, { ...target, subresource: 'status' }, { status: action.status });
        return action.afterMs > 0 ? action.afterMs : undefined;
    }
  }

  async #deletePod(pod: Pod): Promise<void> {
    const { name = '', namespace, uid } = pod.metadata ?? {};
    try {
      await this.deps.client.delete(PODS, { name, namespace }, { ...(uid ? { uid } : {}), gracePeriodSeconds: 0 });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  /** Renews every lease once a period, spread evenly, so that thousands of nodes do not beat at the same instant. */
  async #heartbeat(): Promise<void> {
    const { signal } = this.#abort;
    const ticks = 100;
    for (let tick = 0; !signal.aborted; tick = (tick + 1) % ticks) {
      const now = this.deps.clock.now();
      const due = this.#nodes
        .list()
        .filter((node) => (simulatedNodeIndex(node.metadata?.name ?? '') ?? 0) % ticks === tick);
      await inParallel(due, (node) => this.#renewLease(node, now)).catch((error: unknown) => {
        if (!signal.aborted) this.deps.log.warn({ error: messageOf(error) }, 'simulated heartbeat failed');
      });
      await delay(Math.max(0, LEASE_PERIOD_MS / ticks - (this.deps.clock.now() - now)), signal);
    }
  }

  async #renewLease(node: Node, now: number): Promise<void> {
    const lease = nodeLease(node, now);
    const name = lease.metadata?.name ?? '';
    if (this.#leased.has(name)) {
      try {
        await this.deps.client.patch(
          LEASES,
          { name, namespace: 'kube-node-lease' },
          { spec: { renewTime: lease.spec?.renewTime } },
        );
        return;
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
    try {
      await this.deps.client.create(LEASES, lease);
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
    this.#leased.add(name);
  }
}

async function inParallel<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const rest = [...items];
  const worker = async (): Promise<void> => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await act(item);
  };
  await Promise.all(Array.from({ length: Math.min(WORKERS, items.length) }, worker));
}
