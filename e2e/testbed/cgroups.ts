// The cgroups of a testbed. They are how its processes are found again: a process in one of them is ours, whatever
// happened to the program that started it, and a process that is in none of them is never touched.
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { joining } from './processes.ts';
import { until } from './wait.ts';

/** One mounted hierarchy. Version 1 has several, with their controllers in `options`; version 2 has just one. */
export interface Hierarchy {
  readonly version: 1 | 2;
  readonly root: string;
  /** The mount options that give the same hierarchy again in another namespace. */
  readonly options: string;
}

/** Reads the hierarchies from the text of /proc/self/mounts. A hybrid host counts as version 1. Pure. */
export function parseHierarchies(mounts: string): Hierarchy[] {
  const found = mounts
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, , type]) => type === 'cgroup' || type === 'cgroup2')
    .map(([, root = '', type, flags = '']): Hierarchy => {
      const options = flags
        .split(',')
        .filter(
          (flag) => !/^(rw|ro|relatime|no\w+|seclabel|release_agent=.*|xattr|clone_children|memory_\w+)$/.test(flag),
        );
      const named = options.some((option) => option.startsWith('name='));
      return { version: type === 'cgroup' ? 1 : 2, root, options: [...(named ? ['none'] : []), ...options].join(',') };
    });
  const version1 = found.filter(({ version }) => version === 1);
  return version1.length > 0 ? version1 : found.slice(0, 1);
}

/** The hierarchies of this computer. */
export function hostHierarchies(): Hierarchy[] {
  return parseHierarchies(readFileSync('/proc/self/mounts', 'utf8'));
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENODEV');
}

async function readOr(file: string, fallback: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isMissing(error)) return fallback; // removed between listing and reading
    throw error;
  }
}

/** A cgroup and everything below it, parents first. */
async function tree(path: string): Promise<string[]> {
  try {
    const children = (await readdir(path, { withFileTypes: true })).filter((entry) => entry.isDirectory());
    const below = await Promise.all(children.map(({ name }) => tree(join(path, name))));
    return [path, ...below.flat()];
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Gives a new version 1 cpuset its parent's processors: it starts with none, and then nothing may join it. */
async function inheritCpuset(path: string): Promise<void> {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    await writeFile(join(path, file), await readFile(join(dirname(path), file), 'utf8'));
  }
}

/** Lets the children of a version 2 cgroup have every controller it has. */
async function passControllersDown(path: string): Promise<void> {
  const available = (await readFile(join(path, 'cgroup.controllers'), 'utf8')).trim().split(' ');
  const wanted = available.filter((name) => ['cpu', 'cpuset', 'io', 'memory', 'pids', 'hugetlb'].includes(name));
  if (wanted.length > 0)
    await writeFile(join(path, 'cgroup.subtree_control'), wanted.map((name) => `+${name}`).join(' '));
}

/** Makes `parent/unit` in every hierarchy, unless it is there. */
export async function makeCgroup(parent: string, unit: string): Promise<void> {
  for (const { version, root, options } of hostHierarchies()) {
    if (version === 2) await passControllersDown(root);
    for (const path of [join(root, parent), join(root, parent, unit)]) {
      await mkdir(path, { recursive: true });
      if (options.split(',').includes('cpuset')) await inheritCpuset(path);
    }
    if (version === 2) await passControllersDown(join(root, parent));
  }
}

/** The files a process writes its id to in order to join `parent/unit`. */
export async function joinFiles(parent: string, unit: string): Promise<string[]> {
  return Promise.all(
    hostHierarchies().map(async ({ version, root }) => {
      const path = join(root, parent, unit);
      // Under version 2 a machine keeps its own processes in `init`, since inner nodes may hold none.
      const inner = version === 2 && (await tree(join(path, 'init'))).length > 0 ? join(path, 'init') : path;
      return join(inner, 'cgroup.procs');
    }),
  );
}

/**
 * The command that runs `argv` with `parent/unit` as the root of a new cgroup namespace, which it has joined. Under
 * version 2 it then steps into the child `init`, or the root could not hand its controllers on to containers.
 */
export async function asCgroupRoot(parent: string, unit: string, argv: readonly string[]): Promise<string[]> {
  const joinRoot = await joinFiles(parent, unit);
  const [first] = hostHierarchies();
  if (first?.version !== 2) return joining(joinRoot, ['unshare', '--cgroup', ...argv]);
  await mkdir(join(first.root, parent, unit, 'init'), { recursive: true });
  return joining(joinRoot, ['unshare', '--cgroup', ...joining(await joinFiles(parent, unit), argv)]);
}

/** Ids of all living processes in `parent` or `parent/unit`, their containers included. */
export async function pidsIn(parent: string, unit = ''): Promise<number[]> {
  const paths = (await Promise.all(hostHierarchies().map(({ root }) => tree(join(root, parent, unit))))).flat();
  const lists = await Promise.all(paths.map((path) => readOr(join(path, 'cgroup.procs'), '')));
  return [...new Set(lists.join('\n').split('\n').filter(Boolean).map(Number))].filter((pid) => pid > 0);
}

/** Kills everything in `parent/unit` (or all of `parent`) until nothing is left, and removes the cgroups. */
export async function destroyCgroup(parent: string, unit = ''): Promise<void> {
  await until(`the processes of ${parent}/${unit} to end`, async () => {
    await thaw(parent, unit);
    const pids = await pidsIn(parent, unit);
    for (const pid of pids) killIfAlive(pid);
    return pids.length === 0;
  });
  await until(`the cgroups of ${parent}/${unit} to go`, async () => {
    const paths = (await Promise.all(hostHierarchies().map(({ root }) => tree(join(root, parent, unit))))).flat();
    for (const path of paths.reverse()) await rmdir(path);
    return true;
  });
}

/** A paused container's processes cannot die before they are thawed (cgroup v1; v2 kills them frozen). */
async function thaw(parent: string, unit: string): Promise<void> {
  const freezers = hostHierarchies().filter(({ options }) => options.split(',').includes('freezer'));
  for (const path of (await Promise.all(freezers.map(({ root }) => tree(join(root, parent, unit))))).flat()) {
    try {
      await writeFile(join(path, 'freezer.state'), 'THAWED', { flag: 'r+' });
    } catch (error) {
      if (!isMissing(error)) throw error; // the container went meanwhile
    }
  }
}

/** Sends a signal to a process that may just have ended. */
export function killIfAlive(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** Process ids of one process in each PID namespace it lives in, outermost first; empty once it is gone. */
export async function namespacePids(pid: number): Promise<number[]> {
  const status = await readOr(`/proc/${pid}/status`, '').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return '';
    throw error;
  });
  return (/^NSpid:\s*(.*)$/m.exec(status)?.[1] ?? '').split(/\s+/).filter(Boolean).map(Number);
}
