import { join } from 'node:path';
import { legacyDetails, unifiedDetails, type CgroupDetails } from './cgroup-details.ts';
import { flatKeyed, readGroupFile } from './group-file.ts';

/** Usage of one control group, as its files tell it. */
export interface CgroupUsage {
  cpuNanoseconds: number;
  memoryBytes: number;
  workingSetBytes: number;
}

/** Where the machine has its control groups. The agent's own /sys shows only its own. */
const MACHINE_CGROUPS = '/proc/1/root/sys/fs/cgroup';

/** What counts against a limit (cadvisor): usage less the file cache that is inactive. */
const workingSet = (usage: number, inactiveFile: number): number => Math.max(0, usage - inactiveFile);

/** Reads control groups of version 1 and 2. */
export class CgroupFiles {
  #version: 1 | 2 | undefined;

  constructor(private readonly root: string = MACHINE_CGROUPS) {}

  /** Usage of a Docker container; undefined when it has no group (any more). */
  async container(id: string): Promise<CgroupUsage | undefined> {
    for (const group of await this.#groupsOf(id)) {
      const usage = await this.#usage(group);
      if (usage) return usage;
    }
    return undefined;
  }

  /** All that is told of a Docker container, for a scrape; undefined when it has no group (any more). */
  async details(id: string): Promise<CgroupDetails | undefined> {
    const read = (await this.#detect()) === 2 ? unifiedDetails : legacyDetails;
    for (const group of await this.#groupsOf(id)) {
      const found = await read(this.root, group);
      if (found) return found;
    }
    return undefined;
  }

  /** Usage of the whole machine; the root group of version 2 has no memory file, which gives undefined. */
  machine(): Promise<CgroupUsage | undefined> {
    return this.#usage('');
  }

  /** Where Docker puts a container's group, the likelier place first: it depends on the cgroup driver. */
  async #groupsOf(id: string): Promise<string[]> {
    const cgroupfs = `docker/${id}`;
    const systemd = `system.slice/docker-${id}.scope`;
    return (await this.#detect()) === 2 ? [systemd, cgroupfs] : [cgroupfs, systemd];
  }

  async #usage(group: string): Promise<CgroupUsage | undefined> {
    return (await this.#detect()) === 2 ? this.#unified(group) : this.#legacy(group);
  }

  async #unified(group: string): Promise<CgroupUsage | undefined> {
    const directory = join(this.root, group);
    const [cpu, memory, stat] = await Promise.all([
      readGroupFile(join(directory, 'cpu.stat')),
      readGroupFile(join(directory, 'memory.current')),
      readGroupFile(join(directory, 'memory.stat')),
    ]);
    if (cpu === undefined || memory === undefined || stat === undefined) return undefined;
    const usage = Number(memory);
    return {
      cpuNanoseconds: (flatKeyed(cpu).get('usage_usec') ?? 0) * 1000,
      memoryBytes: usage,
      workingSetBytes: workingSet(usage, flatKeyed(stat).get('inactive_file') ?? 0),
    };
  }

  async #legacy(group: string): Promise<CgroupUsage | undefined> {
    const [cpu, memory, stat] = await Promise.all([
      readGroupFile(join(this.root, 'cpuacct', group, 'cpuacct.usage')),
      readGroupFile(join(this.root, 'memory', group, 'memory.usage_in_bytes')),
      readGroupFile(join(this.root, 'memory', group, 'memory.stat')),
    ]);
    if (cpu === undefined || memory === undefined || stat === undefined) return undefined;
    const usage = Number(memory);
    return {
      cpuNanoseconds: Number(cpu),
      memoryBytes: usage,
      workingSetBytes: workingSet(usage, flatKeyed(stat).get('total_inactive_file') ?? 0),
    };
  }

  async #detect(): Promise<1 | 2> {
    this.#version ??= (await readGroupFile(join(this.root, 'cgroup.controllers'))) === undefined ? 1 : 2;
    return this.#version;
  }
}
