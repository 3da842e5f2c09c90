import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Usage of one control group, as its files tell it. */
export interface CgroupUsage {
  cpuNanoseconds: number;
  memoryBytes: number;
  workingSetBytes: number;
}

/** Where the machine has its control groups. The agent's own /sys shows only its own. */
const MACHINE_CGROUPS = '/proc/1/root/sys/fs/cgroup';

async function read(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR', 'ENODEV'].includes(String(error.code)))
      return undefined;
    throw error;
  }
}

/** `name value` lines, as in memory.stat and cpu.stat. */
export function flatKeyed(text: string): Map<string, number> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const [key, value] = line.split(' ');
      return key && value ? [[key, Number(value)] as const] : [];
    }),
  );
}

/** What counts against a limit (cadvisor): usage less the file cache that is inactive. */
const workingSet = (usage: number, inactiveFile: number): number => Math.max(0, usage - inactiveFile);

/** Reads control groups of version 1 and 2. */
export class CgroupFiles {
  #version: 1 | 2 | undefined;

  constructor(private readonly root: string = MACHINE_CGROUPS) {}

  /** Usage of a Docker container; undefined when it has no group (any more). */
  async container(id: string): Promise<CgroupUsage | undefined> {
    const groups =
      (await this.#detect()) === 2
        ? [`system.slice/docker-${id}.scope`, `docker/${id}`]
        : [`docker/${id}`, `system.slice/docker-${id}.scope`];
    for (const group of groups) {
      const usage = await this.#usage(group);
      if (usage) return usage;
    }
    return undefined;
  }

  /** Usage of the whole machine; the root group of version 2 has no memory file, which gives undefined. */
  machine(): Promise<CgroupUsage | undefined> {
    return this.#usage('');
  }

  async #usage(group: string): Promise<CgroupUsage | undefined> {
    return (await this.#detect()) === 2 ? this.#unified(group) : this.#legacy(group);
  }

  async #unified(group: string): Promise<CgroupUsage | undefined> {
    const directory = join(this.root, group);
    const [cpu, memory, stat] = await Promise.all([
      read(join(directory, 'cpu.stat')),
      read(join(directory, 'memory.current')),
      read(join(directory, 'memory.stat')),
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
      read(join(this.root, 'cpuacct', group, 'cpuacct.usage')),
      read(join(this.root, 'memory', group, 'memory.usage_in_bytes')),
      read(join(this.root, 'memory', group, 'memory.stat')),
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
    this.#version ??= (await read(join(this.root, 'cgroup.controllers'))) === undefined ? 1 : 2;
    return this.#version;
  }
}
