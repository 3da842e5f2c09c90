import { readFile, stat } from 'node:fs/promises';
import { isIP } from 'node:net';
import { MACHINE_ROOT } from '../volumes/host-path.ts';

/** The `nameserver` lines of a resolv.conf, loopback included: the agent shares the machine's network. */
export function nameserversOf(resolvConf: string): string[] {
  const lines = resolvConf.matchAll(/^[ \t]*nameserver[ \t]+(\S+)/gm);
  return [...lines].map(([, address = '']) => address).filter((address) => isIP(address) !== 0);
}

/** The machine's resolvers, read anew when the file changes (networks come and go), without those in `own`. */
export function machineUpstreams(
  own: () => readonly string[],
  file = `${MACHINE_ROOT}/etc/resolv.conf`,
  checkEveryMs = 1_000,
): () => Promise<readonly string[]> {
  let stamp: string | undefined;
  let servers: string[] = [];
  let checkedAt = -Infinity;
  return async () => {
    // Not each time: a stat for every question is work for nothing.
    const now = performance.now();
    if (now - checkedAt >= checkEveryMs) {
      checkedAt = now;
      const { mtimeMs, ino } = await stat(file);
      if (stamp !== `${mtimeMs} ${ino}`) {
        servers = nameserversOf(await readFile(file, 'utf8'));
        stamp = `${mtimeMs} ${ino}`;
      }
    }
    const ours = own();
    return servers.filter((server) => !ours.includes(server));
  };
}
