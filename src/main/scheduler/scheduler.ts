import { isConflict, isNotFound, messageOf } from '../../shared/api/errors.ts';
import type { Node, Pod } from '../../shared/api/kinds.ts';
import { nameOf } from '../../shared/api/meta.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import type { Change } from '../../shared/client/informer.ts';
import type { Clock, Logger } from '../../shared/logger.ts';
import { bind, BoundedWrites } from './binder.ts';
import { ClusterCache } from './cache/cluster-cache.ts';
import { podInfo, type PodInfo } from './cache/pod-info.ts';
import { reportUnschedulable } from './failure-reporter.ts';
import type { VolumeBinder } from './filters/volume-binder.ts';
import { VOLUME_BINDING, type VolumePlacement } from './filters/volume-binding.ts';
import { DEFAULT_FILTERS, DEFAULT_SCORES } from './framework/default-plugins.ts';
import type { FilterPlugin } from './framework/plugin.ts';
import { fitMessage } from './framework/fit-error.ts';
import { SchedulingCycle } from './framework/scheduling-cycle.ts';
import { Wakeups } from './queue/wakeups.ts';
import { SchedulingQueue, type QueuedPod } from './queue/scheduling-queue.ts';

export const SCHEDULER_NAME = 'default-scheduler';
/** Bindings and status writes under way at once. */
const PARALLEL_WRITES = 64;
/** With so many writes not answered the server is behind: deciding faster would only lengthen the line. */
const MAX_PENDING_WRITES = 4 * PARALLEL_WRITES;
/** Work is handed back to the event loop after this long, so that watches and the API keep moving. */
const SLICE_MS = 8;

export interface SchedulerDeps {
  client: ApiClient;
  /** Tells of a decision on a pod; recording never fails and is not awaited. */
  record(pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string): void;
  /** Pods' volumes: where they can be had, and having them bound. */
  volumes: { filter: FilterPlugin; binder: VolumeBinder };
  clock: Clock;
  /** A number in [0, 1). */
  random: () => number;
  log: Logger;
}

export interface SchedulerOptions {
  /** How often pods whose back-off is over are looked for. */
  backoffCheckMs: number;
  /** How often pods that no event has woken for long are looked for. */
  unschedulableCheckMs: number;
}

/** Upstream's intervals. */
export const SCHEDULER_DEFAULTS: SchedulerOptions = { backoffCheckMs: 1_000, unschedulableCheckMs: 30_000 };

/** Finds a node for every pod that asks for this scheduler. Fed by `onNode` and `onPod`; binding is its only decision written. */
export class Scheduler {
  readonly cluster = new ClusterCache();
  readonly #queue: SchedulingQueue;
  readonly #cycle: SchedulingCycle;
  readonly #wakeups: Wakeups;
  readonly #writes = new BoundedWrites(PARALLEL_WRITES, () => this.#poke());
  readonly #timers: ReturnType<typeof setInterval>[] = [];
  #scheduled: ReturnType<typeof setImmediate> | undefined;
  #running = false;
  readonly #abort = new AbortController();
  /** Pods that have a node and wait for their volumes. */
  readonly #waiting = new Set<Promise<void>>();

  constructor(
    private readonly deps: SchedulerDeps,
    private readonly options: SchedulerOptions = SCHEDULER_DEFAULTS,
  ) {
    this.#queue = new SchedulingQueue(deps.clock);
    const filters = [...DEFAULT_FILTERS, deps.volumes.filter];
    this.#cycle = new SchedulingCycle(this.cluster, { filters, scores: DEFAULT_SCORES }, deps.random);
    this.#wakeups = new Wakeups(this.cluster, this.#queue, filters);
  }

  start(): void {
    this.#running = true;
    this.#timers.push(
      setInterval(() => {
        this.#queue.flushBackoff();
        this.#poke();
      }, this.options.backoffCheckMs),
      setInterval(() => {
        this.#queue.flushUnschedulable();
        this.#poke();
      }, this.options.unschedulableCheckMs),
    );
    this.#poke();
  }

  /** Ends scheduling and resolves when every binding under way has its answer. */
  async stop(): Promise<void> {
    this.#running = false;
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    if (this.#scheduled) clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    this.#abort.abort();
    await Promise.all(this.#waiting);
    await this.#writes.drain();
  }

  /** A claim, volume or class has changed: pods that found no place for their volumes are worth another try. */
  onVolumes(): void {
    this.#queue.wake((pod) => pod.plugins.has(VOLUME_BINDING));
    this.#poke();
  }

  onNode(change: Change<Node>): void {
    const name = nameOf(change.object);
    if (change.type === 'deleted') this.cluster.removeNode(name);
    else {
      this.cluster.setNode(change.object);
      if (change.type === 'added') this.#wakeups.note('NodeAdded', name);
      else if (mattersToScheduling(change.old, change.object)) this.#wakeups.note('NodeChanged', name);
    }
    this.#poke();
  }

  onPod(change: Change<Pod>): void {
    const pod = change.object;
    const uid = pod.metadata?.uid ?? '';
    const finished = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
    if (change.type === 'deleted' || finished) {
      this.#queue.delete(uid);
      const node = this.cluster.remove(uid);
      if (node !== undefined) this.#wakeups.note('PodRemoved', node);
    } else if (pod.spec?.nodeName) {
      this.#queue.delete(uid);
      this.cluster.confirm(podInfo(pod), pod.spec.nodeName);
    } else if (pod.metadata?.deletionTimestamp) this.#queue.delete(uid);
    // What is assumed has been decided; the answer to its binding says the rest.
    else if (pod.spec?.schedulerName === SCHEDULER_NAME && !this.cluster.isPlaced(uid)) this.#queue.put(podInfo(pod));
    this.#poke();
  }

  #poke(): void {
    if (!this.#running || this.#scheduled) return;
    this.#scheduled = setImmediate(() => {
      this.#scheduled = undefined;
      this.#slice();
    });
  }

  #slice(): void {
    this.#wakeups.apply();
    const end = performance.now() + SLICE_MS;
    for (;;) {
      if (this.#writes.pending >= MAX_PENDING_WRITES) return;
      const next = this.#queue.pop();
      if (!next) return;
      this.#schedule(next);
      if (performance.now() >= end) break;
    }
    this.#poke();
  }

  #schedule(queued: QueuedPod): void {
    const { info } = queued;
    if (this.cluster.nodes.length === 0) return this.#fail(queued, 'no nodes available to schedule pods', new Set());
    const decision = this.#cycle.decide(info);
    if (!decision.fits) {
      const message = fitMessage(decision.error, decision.preemption);
      return this.#fail(queued, message, decision.error.plugins);
    }
    this.cluster.assume(info, decision.node);
    const labels = this.cluster.node(decision.node)?.labels ?? {};
    const placement = this.deps.volumes.binder.reserve(info.pod, { name: decision.node, labels });
    if (!placement) return this.#writes.run(() => this.#bind(queued, decision.node));
    // Apart from other writes: a volume may take minutes to be made.
    const waiting = this.#bindVolumes(queued, decision.node, placement).finally(() => this.#waiting.delete(waiting));
    this.#waiting.add(waiting);
  }

  async #bindVolumes(queued: QueuedPod, node: string, placement: VolumePlacement): Promise<void> {
    try {
      await this.deps.volumes.binder.bind(placement, node, this.#abort.signal);
      this.#writes.run(() => this.#bind(queued, node));
    } catch (error) {
      this.cluster.forget(queued.info.uid);
      this.#wakeups.note('PodRemoved', node);
      if (!this.#abort.signal.aborted) this.#retry(queued, error, 'PreBind plugin "VolumeBinding": binding volumes');
      this.#poke();
    }
  }

  async #bind(queued: QueuedPod, node: string): Promise<void> {
    const { info } = queued;
    try {
      await bind(this.deps.client, info, node);
      this.#queue.delete(info.uid);
      this.deps.record(info.pod, 'Normal', 'Scheduled', `Successfully assigned ${info.key} to ${node}`);
    } catch (error) {
      this.cluster.forget(info.uid);
      this.#wakeups.note('PodRemoved', node);
      if (isNotFound(error)) this.#queue.delete(info.uid);
      else this.#retry(queued, error);
      this.#poke();
    }
  }

  /** A conflict means that the pod has been bound or replaced meanwhile, and the watch will say so. */
  #retry(queued: QueuedPod, error: unknown, step = 'Bind plugin "DefaultBinder"'): void {
    const { info } = queued;
    this.#queue.retry(queued);
    if (isConflict(error)) return;
    this.deps.log.warn({ pod: info.key, err: messageOf(error) }, 'binding failed; trying again');
    this.deps.record(info.pod, 'Warning', 'FailedScheduling', `running ${step}: ${messageOf(error)}`);
    this.#report(info, 'SchedulerError', messageOf(error));
  }

  #fail(queued: QueuedPod, message: string, plugins: ReadonlySet<string>): void {
    this.#queue.fail(queued, plugins);
    this.deps.record(queued.info.pod, 'Warning', 'FailedScheduling', message);
    this.#report(queued.info, 'Unschedulable', message);
  }

  #report(info: PodInfo, reason: 'Unschedulable' | 'SchedulerError', message: string): void {
    this.#writes.run(async () => {
      try {
        await reportUnschedulable(this.deps.client, info, { reason, message }, this.deps.clock.now());
      } catch (error) {
        this.deps.log.warn({ pod: info.key, err: messageOf(error) }, 'writing the PodScheduled condition failed');
      }
    });
  }
}

/** Heartbeats and the like come every few seconds from every node and help no pod. */
function mattersToScheduling(old: Node, node: Node): boolean {
  const relevant = ({ metadata, spec, status }: Node): string =>
    JSON.stringify([metadata?.labels, spec?.taints, spec?.unschedulable, status?.allocatable]);
  return old.spec !== node.spec ||
    old.metadata?.labels !== node.metadata?.labels ||
    old.status?.allocatable !== node.status?.allocatable
    ? relevant(old) !== relevant(node)
    : false;
}
