import type { ClusterCache } from '../cache/cluster-cache.ts';
import type { ClusterEvent, FilterPlugin } from '../framework/plugin.ts';
import type { QueuedPod, SchedulingQueue } from './scheduling-queue.ts';

/** Above this many changed nodes it is cheaper to try the pods than to ask about each pair. */
const MAX_NODES_ASKED = 64;

/**
 * Collects what happened to which node and wakes the pods it may help (upstream's queueing hints): those turned away
 * by a plugin that cares for such an event and that would now let them on the node concerned.
 */
export class Wakeups {
  readonly #events = new Map<string, Set<ClusterEvent>>();

  constructor(
    private readonly cluster: ClusterCache,
    private readonly queue: SchedulingQueue,
    private readonly filters: readonly FilterPlugin[],
  ) {}

  note(event: ClusterEvent, node: string): void {
    if (this.queue.size === 0) return;
    const events = this.#events.get(node);
    if (events) events.add(event);
    else this.#events.set(node, new Set([event]));
  }

  /** Wakes for everything noted since the last time. */
  apply(): void {
    if (this.#events.size === 0) return;
    const events = [...this.#events];
    this.#events.clear();
    this.queue.wake((pod) => this.#mayHelp(pod, events));
  }

  #mayHelp(pod: QueuedPod, events: readonly (readonly [string, ReadonlySet<ClusterEvent>])[]): boolean {
    // It failed for want of any node, so any node will do to try.
    if (pod.plugins.size === 0) return events.some(([, happened]) => happened.has('NodeAdded'));
    const rejecting = this.filters.filter((plugin) => pod.plugins.has(plugin.name));
    return rejecting.some((plugin) => {
      const concerned = events.filter(([, happened]) => plugin.retryOn.some((event) => happened.has(event)));
      if (concerned.length === 0 || concerned.length > MAX_NODES_ASKED) return concerned.length > 0;
      const prepared = plugin.prepare(pod.info);
      return concerned.some(([name]) => {
        const node = this.cluster.node(name);
        return node?.node !== undefined && prepared?.filter(node) === undefined;
      });
    });
  }
}
