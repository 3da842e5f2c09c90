import { isConflict, isNotFound, messageOf } from '../../../shared/api/errors.ts';
import { PODS, type Node, type Pod } from '../../../shared/api/kinds.ts';
import { keyOf, nameOf } from '../../../shared/api/meta.ts';
import type { Change, Informer } from '../../../shared/client/informer.ts';
import type { ControllerDeps } from '../runtime/dependencies.ts';
import { inParallel } from '../runtime/in-batches.ts';
import { timestamp } from '../runtime/timestamp.ts';
import { EvictionTimers } from './eviction-timers.ts';

/** Deletes sent at once (upstream's UpdateWorkerSize of tainteviction). */
const PARALLEL_EVICTIONS = 8;

interface Caches {
  nodes: Informer<Node>;
  pods: Informer<Pod>;
  /** Name of the pods' index by node. */
  nodeIndex: string;
}

/** Evicts pods that do not, or no longer, tolerate a NoExecute taint of their node, whoever set it. */
export class TaintEvictor {
  readonly #timers = new EvictionTimers();
  readonly #detach: (() => void)[] = [];

  constructor(
    private readonly deps: ControllerDeps,
    private readonly caches: Caches,
  ) {}

  start(): void {
    this.#detach.push(
      this.caches.pods.onDidChange((change) => this.#onPod(change), { replay: true }),
      this.caches.nodes.onDidChange((change) => this.#onNode(change)),
    );
  }

  stop(): void {
    for (const detach of this.#detach.splice(0)) detach();
  }

  /** Evictions for a node's silence start over at this time. */
  hold(until: number): void {
    this.#timers.hold(until);
  }

  async evictDue(now: number): Promise<void> {
    const errors = await inParallel(this.#timers.due(now), PARALLEL_EVICTIONS, ({ key, uid }) =>
      this.#evict(key, uid, now),
    );
    for (const error of errors) this.deps.log.warn({ err: messageOf(error) }, 'evicting a pod failed; trying again');
  }

  #onPod(change: Change<Pod>): void {
    if (change.type === 'deleted') this.#timers.forget(change.object.metadata?.uid ?? '');
    else this.#update(change.object, this.caches.nodes.get(change.object.spec?.nodeName ?? ''));
  }

  #onNode(change: Change<Node>): void {
    if (change.type === 'updated' && sameNoExecute(change.old, change.object)) return;
    const node = change.type === 'deleted' ? undefined : change.object;
    for (const pod of this.caches.pods.byIndex(this.caches.nodeIndex, nameOf(change.object))) this.#update(pod, node);
  }

  #update(pod: Pod, node: Node | undefined): void {
    if (pod.metadata?.deletionTimestamp) return this.#timers.forget(pod.metadata.uid ?? '');
    const outcome = this.#timers.update(pod, keyOf(pod), node?.spec?.taints ?? [], this.deps.clock.now());
    if (outcome === 'cancelled') this.#record(pod, `Cancelling deletion of Pod ${keyOf(pod)}`);
  }

  async #evict(key: string, uid: string, now: number): Promise<void> {
    const pod = this.caches.pods.get(key);
    if (!pod || pod.metadata?.uid !== uid) return this.#timers.forget(uid);
    this.#record(pod, `Marking for deletion Pod ${key}`);
    const target = { name: nameOf(pod), namespace: pod.metadata.namespace };
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'DeletionByTaintManager',
      message: 'Taint manager: deleting due to NoExecute taint',
      lastTransitionTime: timestamp(now),
    };
    try {
      const patch = { status: { conditions: [condition] } };
      await this.deps.client.patch(PODS, { ...target, subresource: 'status' }, patch, 'strategic');
      await this.deps.client.delete(PODS, target, { uid });
    } catch (error) {
      // It is gone, or another pod has its name: done either way.
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
    this.#timers.forget(uid);
  }

  #record(pod: Pod, message: string): void {
    this.deps.events.event({ ...pod, apiVersion: 'v1', kind: 'Pod' }, 'Normal', 'TaintManagerEviction', message);
  }
}

function sameNoExecute(a: Node, b: Node): boolean {
  const of = (node: Node): string =>
    (node.spec?.taints ?? [])
      .filter((taint) => taint.effect === 'NoExecute')
      .map((taint) => `${taint.key}=${taint.value ?? ''}`)
      .sort()
      .join(',');
  return of(a) === of(b);
}
