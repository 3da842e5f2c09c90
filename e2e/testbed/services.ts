// What the machines find on the host side of their network: two registries (one asks for a password) and a name server.
import { connect } from 'node:net';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { joinFiles, makeCgroup } from './cgroups.ts';
import type { Layout } from './layout.ts';
import { joining, run, startDetached } from './processes.ts';
import type { PrivateRegistry } from './state.ts';
import { until } from './wait.ts';

async function start(layout: Layout, unit: string, argv: readonly string[]): Promise<void> {
  await makeCgroup(layout.cgroup, unit);
  startDetached(joining(await joinFiles(layout.cgroup, unit), argv), join(layout.logs, `${unit}.log`));
}

/** Resolves with the first bytes the other side sends, or '' once connected when `expectBanner` is false. */
export function greetingOf(host: string, port: number, expectBanner: boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: 1000 });
    const settle = (act: () => void) => {
      socket.destroy();
      act();
    };
    socket.once('error', (error) => settle(() => reject(error)));
    socket.once('timeout', () => settle(() => reject(new Error(`no greeting from ${host}:${port}`))));
    if (expectBanner) socket.once('data', (data) => settle(() => resolve(data.toString('latin1'))));
    else socket.once('connect', () => settle(() => resolve('')));
  });
}

async function startRegistry(layout: Layout, folder: string, address: string, auth: string): Promise<void> {
  await mkdir(join(folder, 'data'), { recursive: true });
  const storage = `storage:\n  filesystem: { rootdirectory: ${folder}/data }\n  delete: { enabled: true }\n`;
  const config = `version: 0.1\nlog: { level: warn }\n${storage}http: { addr: "${address}" }\n${auth}`;
  await writeFile(join(folder, 'config.yml'), config);
  await start(layout, basename(folder), ['docker-registry', 'serve', join(folder, 'config.yml')]);
  const [host = '', port = ''] = address.split(':');
  await until(`the registry at ${address}`, async () => (await greetingOf(host, Number(port), false)) === '');
}

/** Starts the registry that anyone may use. */
export async function startOpenRegistry(layout: Layout, address: string): Promise<void> {
  await startRegistry(layout, layout.registry, address, '');
}

/** Starts the registry that asks for a password. */
export async function startPrivateRegistry(layout: Layout, registry: PrivateRegistry): Promise<void> {
  const folder = layout.privateRegistry;
  await mkdir(folder, { recursive: true });
  const users = await run(['htpasswd', '-Bbn', registry.username, registry.password]);
  await writeFile(join(folder, 'htpasswd'), users);
  const auth = `auth:\n  htpasswd: { realm: testbed, path: ${folder}/htpasswd }\n`;
  await startRegistry(layout, folder, registry.address, auth);
}

/** Starts the name server that answers NXDOMAIN. */
export async function startNameServer(layout: Layout, address: string): Promise<void> {
  await start(layout, 'names', [process.execPath, join(import.meta.dirname, 'nxdomain-server.mjs'), address]);
}
