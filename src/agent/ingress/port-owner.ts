import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

const LISTEN = '0A';

/** Inodes of the sockets that listen at a TCP port, from the text of /proc/net/tcp or tcp6. */
export function listenersAt(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = '', , state]) => local.endsWith(suffix) && state === LISTEN)
    .flatMap((fields) => fields[9] ?? []);
}

/**
 * Which program has a TCP port of the machine, as `apache2 (process 812)`; undefined when nobody has. The agent is in
 * the machine's network and process namespaces.
 */
export async function ownerOfPort(port: number, proc = '/proc'): Promise<string | undefined> {
  const tables = await Promise.all(
    ['net/tcp', 'net/tcp6'].map((name) => readFile(join(proc, name), 'utf8').catch(() => '')),
  );
  const inodes = new Set(tables.flatMap((table) => listenersAt(table, port)));
  if (inodes.size === 0) return undefined;
  for (const pid of (await readdir(proc)).filter((name) => /^\d+$/.test(name))) {
    if (!(await holdsSocket(join(proc, pid, 'fd'), inodes))) continue;
    const name = await readFile(join(proc, pid, 'comm'), 'utf8').catch(() => '?');
    return `${name.trim()} (process ${pid})`;
  }
  return 'another program';
}

async function holdsSocket(directory: string, inodes: ReadonlySet<string>): Promise<boolean> {
  // A process may end while it is looked at.
  const files = await readdir(directory).catch(() => []);
  for (const file of files) {
    const target = await readlink(join(directory, file)).catch(() => '');
    if (inodes.has(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? '')) return true;
  }
  return false;
}
