import { readFile } from 'node:fs/promises';
import type {
  ContainerStats,
  CpuStats,
  FsStats,
  MemoryStats,
  NetworkStats,
  NodeStats,
  PodStats,
  StatsSummary,
} from '../../shared/api/stats-summary.ts';
import { delay } from '../../shared/client/backoff.ts';
import type { Clock, Logger } from '../../shared/logger.ts';
import type { MachineHealth } from '../node/machine-facts.ts';
import { kubeTime } from '../pods/container-status.ts';
import type { ObservedPod } from '../runtime/observed.ts';
import type { CgroupFiles, CgroupUsage } from './cgroup-files.ts';
import { cpuRate, type Sample } from './cpu-rate.ts';
import { networkOf, type InterfaceCounters } from './network-counters.ts';

const SAMPLE_MS = 5_000;

export interface SamplerDeps {
  nodeName: string;
  cgroups: CgroupFiles;
  observeAll: () => Promise<Map<string, ObservedPod>>;
  health: () => Promise<MachineHealth>;
  diskBytes: number;
  memoryBytes: number;
  pidMax: number;
  clock: Clock;
  log: Logger;
}

/** Samples CPU and memory of the machine and of every container of a pod, and answers `/stats/summary` from the last sample. */
export class StatsSampler {
  readonly #abort = new AbortController();
  readonly #samples = new Map<string, Sample>();
  readonly #startTime: string;
  #summary: StatsSummary | undefined;

  constructor(private readonly deps: SamplerDeps) {
    this.#startTime = kubeTime(deps.clock.now());
  }

  start(): void {
    void this.#run();
  }

  stop(): void {
    this.#abort.abort();
  }

  /** The last sample; takes one when there is none yet. */
  async summary(): Promise<StatsSummary> {
    return this.#summary ?? (await this.#sample());
  }

  async #run(): Promise<void> {
    while (!this.#abort.signal.aborted) {
      try {
        await this.#sample();
      } catch (error) {
        // Docker away: what was measured last would be a lie.
        this.#summary = undefined;
        this.deps.log.debug({ err: error }, 'cannot sample usage');
      }
      await delay(SAMPLE_MS, this.#abort.signal);
    }
  }

  async #sample(): Promise<StatsSummary> {
    const observed = await this.deps.observeAll();
    const seen = new Set<string>(['']);
    const pods: PodStats[] = [];
    for (const pod of observed.values()) {
      const containers: ContainerStats[] = [];
      for (const { id, name, state, startedAt, createdAt } of pod.containers) {
        if (state !== 'running') continue;
        const usage = await this.deps.cgroups.container(id);
        if (!usage) continue;
        seen.add(id);
        containers.push({ name, startTime: kubeTime(startedAt ?? createdAt), ...this.#measure(id, usage) });
      }
      const { name, namespace, uid, sandboxes } = pod;
      if (containers.length === 0) continue;
      const network = await this.#network(sandboxes.find(({ running, podIp }) => running && podIp)?.pid);
      pods.push({
        podRef: { name, namespace, uid },
        startTime: kubeTime(sandboxes[0]?.createdAt ?? 0),
        containers,
        ...sumOf(containers),
        ...(network ? { network } : {}),
      });
    }
    for (const id of this.#samples.keys()) if (!seen.has(id)) this.#samples.delete(id);
    this.#summary = { node: await this.#node(), pods };
    return this.#summary;
  }

  async #node(): Promise<NodeStats> {
    const usage = (await this.deps.cgroups.machine()) ?? (await wholeMachine());
    const measured = this.#measure('', usage);
    const health = await this.deps.health();
    const { diskBytes, memoryBytes, pidMax } = this.deps;
    const { time } = measured.cpu;
    const fs = fsStats(health, diskBytes, time);
    const network = await this.#network(1);
    return {
      nodeName: this.deps.nodeName,
      startTime: this.#startTime,
      cpu: measured.cpu,
      memory: { ...measured.memory, availableBytes: Math.max(0, memoryBytes - usage.workingSetBytes) },
      ...(network ? { network } : {}),
      fs,
      runtime: { imageFs: fs, containerFs: fs },
      rlimit: { time, maxpid: pidMax, curproc: pidMax - health.pidsAvailable },
    };
  }

  async #network(pid: number | undefined): Promise<NetworkStats | undefined> {
    return pid ? networkStats(await networkOf(pid), kubeTime(this.deps.clock.now())) : undefined;
  }

  #measure(id: string, usage: CgroupUsage): { cpu: CpuStats; memory: MemoryStats } {
    const at = this.deps.clock.now();
    const sample = { at, cpuNanoseconds: usage.cpuNanoseconds };
    const rate = cpuRate(this.#samples.get(id), sample);
    this.#samples.set(id, sample);
    const time = kubeTime(at);
    return {
      cpu: { time, usageNanoCores: rate, usageCoreNanoSeconds: usage.cpuNanoseconds },
      memory: { time, workingSetBytes: usage.workingSetBytes, usageBytes: usage.memoryBytes },
    };
  }
}

/** The node's disk: images and containers are on the same one as pods' files. */
function fsStats(health: MachineHealth, diskBytes: number, time: string): FsStats {
  const { diskAvailableBytes, inodes, inodesFree } = health;
  return {
    time,
    availableBytes: diskAvailableBytes,
    capacityBytes: diskBytes,
    usedBytes: diskBytes - diskAvailableBytes,
    ...(inodes > 0 ? { inodes, inodesFree, inodesUsed: inodes - inodesFree } : {}),
  };
}

function networkStats(counters: readonly InterfaceCounters[], time: string): NetworkStats | undefined {
  const interfaces = counters
    .filter(({ name }) => !/^(docker\d|br-|veth|vh[0-9a-f])/.test(name))
    .map(({ name, rxBytes, rxErrors, txBytes, txErrors }) => ({ name, rxBytes, rxErrors, txBytes, txErrors }));
  const first = interfaces.find(({ name }) => name === 'eth0') ?? interfaces[0];
  return first && { time, ...first, interfaces };
}

/** A pod's usage: what its containers use together (its sandbox does nothing but wait). */
function sumOf(containers: readonly ContainerStats[]): { cpu: CpuStats; memory: MemoryStats } {
  const sum = (of: (stats: ContainerStats) => number): number =>
    containers.reduce((total, each) => total + of(each), 0);
  const time = containers[0]?.cpu.time ?? '';
  return {
    cpu: {
      time,
      usageNanoCores: sum(({ cpu }) => cpu.usageNanoCores),
      usageCoreNanoSeconds: sum(({ cpu }) => cpu.usageCoreNanoSeconds),
    },
    memory: {
      time,
      workingSetBytes: sum(({ memory }) => memory.workingSetBytes),
      usageBytes: sum(({ memory }) => memory.usageBytes),
    },
  };
}

/** The root group of cgroup v2 has no usage files: /proc has the same figures (as cadvisor takes them). */
async function wholeMachine(): Promise<CgroupUsage> {
  const [stat, meminfo] = await Promise.all([readFile('/proc/stat', 'utf8'), readFile('/proc/meminfo', 'utf8')]);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (/^cpu +(.*)$/m.exec(stat)?.[1] ?? '')
    .split(' ')
    .map(Number);
  const kib = (name: string): number => Number(new RegExp(`^${name}: +(\\d+)`, 'm').exec(meminfo)?.[1] ?? 0) * 1024;
  const used = kib('MemTotal') - kib('MemFree');
  // USER_HZ is 100 on every architecture Linux runs on.
  const jiffyNanoseconds = 10_000_000;
  return {
    cpuNanoseconds: (user + nice + system + irq + softirq + steal) * jiffyNanoseconds,
    memoryBytes: used,
    workingSetBytes: Math.max(0, used - kib('Inactive\\(file\\)')),
  };
}
