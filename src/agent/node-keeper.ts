import { join } from 'node:path';
import type Docker from 'dockerode';
import { MACHINE_DIR, type AgentConfig } from '../shared/agent-config.ts';
import type { Clock, Logger } from '../shared/logger.ts';
import { messageOf } from '../shared/api/errors.ts';
import { DiskUsage } from './eviction/disk-usage.ts';
import { EvictionManager } from './eviction/eviction-manager.ts';
import type { Pressure } from './eviction/thresholds.ts';
import { ImageCollector } from './gc/image-collector.ts';
import { removeOrphans } from './gc/orphans.ts';
import { readMachineHealth, type MachineFacts } from './node/machine-facts.ts';
import { agreeLiveRestore } from './node/live-restore.ts';
import type { PodManager } from './pods/pod-manager.ts';
import type { DockerRuntime } from './runtime/docker-runtime.ts';
import type { KubeletCounters } from './stats/kubelet-metrics.ts';
import type { StatsSampler } from './stats/sampler.ts';

export interface NodeKeeperDeps {
  config: AgentConfig;
  docker: Docker;
  facts: MachineFacts;
  runtime: DockerRuntime;
  pods: PodManager;
  sampler: StatsSampler;
  counters: KubeletCounters;
  /** An event about the node. */
  event: (type: 'Normal' | 'Warning', reason: string, message: string) => void;
  /** A pressure has come or gone. */
  onPressure: () => void;
  clock: Clock;
  log: Logger;
}

/** What keeps the machine itself in order, put together: evictions, unused images, folders nobody knows. */
export class NodeKeeper {
  readonly #evictions: EvictionManager;
  readonly #images: ImageCollector;

  constructor(private readonly deps: NodeKeeperDeps) {
    const { config, docker, facts, runtime, pods, sampler, counters, clock, log } = deps;
    const observeAll = (): ReturnType<DockerRuntime['observeAll']> => runtime.observeAll();
    const health = (): ReturnType<typeof readMachineHealth> => readMachineHealth(docker, facts.pidMax);
    this.#images = new ImageCollector({
      docker,
      file: join(config.stateDir, 'images.json'),
      observeAll,
      disk: async () => ({ capacity: facts.diskBytes, available: (await health()).diskAvailableBytes }),
      event: (reason, message) => deps.event('Warning', reason, message),
      clock,
      log,
    });
    const usage = new DiskUsage(docker, join(MACHINE_DIR, 'pods'));
    this.#evictions = new EvictionManager({
      size: facts,
      health,
      summary: () => sampler.summary(),
      observeAll,
      activePods: () => pods.activePods(),
      diskUsage: (pod, observed) => usage.ofPod(pod, observed),
      reclaimDisk: () => this.#images.removeUnused(),
      evict: (pod, message, signal) => {
        counters.evicted(signal);
        pods.evict(pod, message);
      },
      onChange: deps.onPressure,
      clock,
      log,
    });
  }

  /** Pressures for the node's conditions. */
  get pressures(): ReadonlySet<Pressure> {
    return this.#evictions.pressures;
  }

  /** To be called when the pods of the checkpoint are known. */
  start(): void {
    this.#evictions.start();
    this.#images.start();
    void this.#agreeLiveRestore();
    void this.#removeOrphans();
  }

  stop(): void {
    this.#evictions.stop();
    this.#images.stop();
  }

  async #agreeLiveRestore(): Promise<void> {
    const { config, docker, event, log } = this.deps;
    try {
      const done = await agreeLiveRestore({ docker, wanted: config.liveRestore === true, stateDir: config.stateDir });
      if (done === 'unchanged') return;
      const message = `Docker's live-restore is ${done === 'enabled' ? 'on' : 'as it was before'}.`;
      event('Normal', done === 'enabled' ? 'LiveRestoreEnabled' : 'LiveRestoreReverted', message);
    } catch (error) {
      log.warn({ err: messageOf(error) }, 'cannot change Docker’s live-restore');
      event('Warning', 'LiveRestoreFailed', messageOf(error));
    }
  }

  /** Once: only an agent that was killed leaves any. */
  async #removeOrphans(): Promise<void> {
    const { runtime, pods, log } = this.deps;
    try {
      const known = async (): Promise<Set<string>> => {
        const running = (await runtime.observeAll()).keys();
        return new Set([...running, ...pods.pods().map(({ metadata }) => metadata?.uid ?? '')]);
      };
      await removeOrphans(join(MACHINE_DIR, 'pods'), known, log);
    } catch (error) {
      log.warn({ err: messageOf(error) }, 'cannot look for folders of pods that are gone');
    }
  }
}
