import type { Pod } from '../../shared/api/kinds.ts';
import type { StatsSummary } from '../../shared/api/stats-summary.ts';
import { delay } from '../../shared/client/backoff.ts';
import type { Clock, Logger } from '../../shared/logger.ts';
import type { MachineHealth } from '../node/machine-facts.ts';
import type { ObservedPod } from '../runtime/observed.ts';
import { exceededLimit, hasLocalLimits, type LocalUsage } from './local-storage.ts';
import { pressureMessage } from './messages.ts';
import { rank, type Candidate } from './rank.ts';
import {
  afterLook,
  crossedThresholds,
  pressuresOf,
  type Crossed,
  type LastSeen,
  type MachineSize,
  type Pressure,
} from './thresholds.ts';

/** How often the machine is looked at (pkg/kubelet/kubelet.go evictionMonitoringPeriod). */
const MONITOR_MS = 10_000;
/** podCleanupTimeout. */
const CLEANUP_MS = 30_000;

export interface EvictionDeps {
  size: MachineSize;
  health: () => Promise<MachineHealth>;
  summary: () => Promise<StatsSummary>;
  observeAll: () => Promise<Map<string, ObservedPod>>;
  /** Pods of this machine that have not ended. */
  activePods: () => Pod[];
  diskUsage: (pod: Pod, observed: ObservedPod) => Promise<LocalUsage>;
  /** Frees disk without ending pods: dead containers, then unused images. */
  reclaimDisk: () => Promise<void>;
  /** Ends a pod for good. */
  evict: (pod: Pod, message: string, signal: string) => void;
  /** A pressure has come or gone. */
  onChange: () => void;
  clock: Clock;
  log: Logger;
}

/**
 * Keeps the machine usable when memory, disk or process numbers run out (pkg/kubelet/eviction): says so in the node's
 * conditions, frees what nobody needs, and then evicts one pod a look, the one that goes first.
 */
export class EvictionManager {
  readonly #abort = new AbortController();
  #seen: LastSeen = new Map();
  #reported = '';
  /** The pod evicted last: nobody else goes until it is gone, or has had its time. */
  #leaving: { uid: string; until: number } | undefined;

  constructor(private readonly deps: EvictionDeps) {}

  /** Pressures for the node's conditions, as of now. */
  get pressures(): Set<Pressure> {
    return pressuresOf(this.#seen, this.deps.clock.now());
  }

  start(): void {
    void this.#run();
  }

  stop(): void {
    this.#abort.abort();
  }

  /** One look. */
  async look(): Promise<void> {
    const crossed = await this.#crossed();
    this.#seen = afterLook(this.#seen, crossed, this.deps.clock.now());
    this.#tell();
    const observed = await this.deps.observeAll();
    const limited = await this.#evictOverLimit(observed);
    const [first] = crossed;
    if (!first || limited || this.#isLeaving(observed)) return;
    const still = await this.#reclaimed(first);
    if (still) await this.#evictOne(still, observed);
  }

  #isLeaving(observed: ReadonlyMap<string, ObservedPod>): boolean {
    const { uid = '', until = 0 } = this.#leaving ?? {};
    const runs = observed.get(uid)?.containers.some(({ state }) => state === 'running') ?? false;
    return runs && this.deps.clock.now() < until;
  }

  async #crossed(): Promise<Crossed[]> {
    return crossedThresholds(await this.deps.health(), this.deps.size);
  }

  /** What is still short after all that can be freed without ending pods. */
  async #reclaimed(first: Crossed): Promise<Crossed | undefined> {
    if (first.pressure !== 'DiskPressure') return first;
    await this.deps.reclaimDisk();
    return (await this.#crossed()).find(({ signal }) => signal === first.signal);
  }

  /** Pods past a limit of their own go whether or not the machine is short. Returns whether one went. */
  async #evictOverLimit(observed: ReadonlyMap<string, ObservedPod>): Promise<boolean> {
    let evicted = false;
    for (const pod of this.deps.activePods().filter(hasLocalLimits)) {
      const found = observed.get(pod.metadata?.uid ?? '');
      const exceeded = found && exceededLimit(pod, await this.deps.diskUsage(pod, found));
      if (!exceeded) continue;
      this.deps.evict(pod, exceeded.message, exceeded.signal);
      evicted = true;
    }
    return evicted;
  }

  async #evictOne(crossed: Crossed, observed: ReadonlyMap<string, ObservedPod>): Promise<void> {
    const pods = this.deps.activePods();
    const [first] = rank(await this.#candidates(pods, crossed, observed), crossed.resource);
    if (!first) {
      this.deps.log.warn({ signal: crossed.signal }, 'the machine is short, and there is no pod to evict');
      return;
    }
    this.#leaving = { uid: first.pod.metadata?.uid ?? '', until: this.deps.clock.now() + CLEANUP_MS };
    this.deps.evict(first.pod, pressureMessage(crossed, first), crossed.signal);
  }

  async #candidates(
    pods: readonly Pod[],
    { resource }: Crossed,
    observed: ReadonlyMap<string, ObservedPod>,
  ): Promise<Candidate[]> {
    if (resource === 'pids') return pods.map((pod) => ({ pod, usage: undefined }));
    if (resource === 'memory') {
      const stats = new Map((await this.deps.summary()).pods.map((each) => [each.podRef.uid, each]));
      return pods.map((pod) => {
        const found = stats.get(pod.metadata?.uid ?? '');
        const usage = found && new Map(found.containers.map(({ name, memory }) => [name, memory.workingSetBytes]));
        return { pod, usage };
      });
    }
    const candidates: Candidate[] = [];
    for (const pod of pods) {
      const found = observed.get(pod.metadata?.uid ?? '');
      const local = found && (await this.deps.diskUsage(pod, found));
      // Volumes belong to the pod, and no container's name looks like this.
      const volumes = [...(local?.volumes ?? [])].map(([name, bytes]) => [`volume/${name}`, bytes] as const);
      candidates.push({ pod, usage: local && new Map([...local.containers, ...volumes]) });
    }
    return candidates;
  }

  #tell(): void {
    const now = [...this.pressures].sort().join();
    if (now === this.#reported) return;
    this.#reported = now;
    this.deps.onChange();
  }

  async #run(): Promise<void> {
    while (!this.#abort.signal.aborted) {
      try {
        await this.look();
      } catch (error) {
        this.deps.log.warn({ err: error }, 'cannot look whether the machine is short of anything');
      }
      await delay(MONITOR_MS, this.#abort.signal);
    }
  }
}
