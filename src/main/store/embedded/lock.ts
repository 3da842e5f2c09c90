import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Another process has the data directory open. */
export class StoreLockedError extends Error {
  constructor(
    readonly dir: string,
    readonly pid: number,
  ) {
    super(`the data directory ${dir} is in use by process ${pid}`);
    this.name = 'StoreLockedError';
  }
}

interface Holder {
  pid: number;
  /** When that process started, as the kernel says it: a later process may have the same pid. Empty off Linux. */
  started: string;
  token: string;
}

/** Makes this process the only writer of the directory; a lock left by a process that is gone is taken over. Returns the release. */
export async function lockDirectory(dir: string): Promise<() => Promise<void>> {
  const path = join(dir, 'lock');
  const own: Holder = { pid: process.pid, started: await startOf(process.pid), token: randomUUID() };
  for (let attempt = 0; attempt < 5; attempt++) {
    if (await createExclusive(path, JSON.stringify(own))) {
      return async () => {
        if ((await readHolder(path))?.token === own.token) await rm(path, { force: true });
      };
    }
    const holder = await readHolder(path);
    if (holder && (await isAlive(holder))) throw new StoreLockedError(dir, holder.pid);
    await removeStale(path, holder?.token);
  }
  throw new Error(`the lock of ${dir} could not be taken: other processes keep taking it`);
}

/** Creates the file with its content in one step, so that nobody reads half a lock. */
async function createExclusive(path: string, text: string): Promise<boolean> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await writeFile(aside, text, { mode: 0o600 });
    await link(aside, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

/** Moves the stale lock aside before removing it; if another process had already replaced it, puts theirs back. */
async function removeStale(path: string, token: string | undefined): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if ((await readHolder(aside))?.token === token) await rm(aside, { force: true });
  else await rename(aside, path);
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Holder;
  } catch {
    // Gone, or not a lock of ours: either way nobody holds it.
    return undefined;
  }
}

async function isAlive(holder: Holder): Promise<boolean> {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    // EPERM: it lives, under another user.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return (await startOf(holder.pid)) === holder.started;
}

/** Field 22 of /proc/PID/stat (start time in ticks since boot) with the boot's id. */
async function startOf(pid: number): Promise<string> {
  if (process.platform !== 'linux') return '';
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended; only its parent has not looked yet.
    return fields[0] === 'Z' ? 'gone' : `${boot.trim()}/${fields[19] ?? ''}`;
  } catch {
    // No such process any more.
    return 'gone';
  }
}
