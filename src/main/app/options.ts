import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { POD_NETWORK_BACKENDS, type PodNetworkBackend } from '../../shared/agent-config.ts';

export interface Endpoint {
  host: string;
  port: number;
}

/** What `serve` (and the app, with its defaults) is started with. */
export interface Options {
  dataDir: string;
  listen: Endpoint;
  ui: Endpoint;
  /** Simulated nodes to have at least; undefined leaves them as they are. */
  simulate: number | undefined;
  /** How machines reach each other's pods; told to each machine when it is joined. */
  podNetwork: PodNetworkBackend;
  store: 'embedded';
}

/** A wrong option: the message names it and says what would be right. */
export class OptionError extends Error {}

export const USAGE = `usage: serve [--data-dir DIR] [--listen 127.0.0.1:6443] [--ui 127.0.0.1:7080] [--simulate N] [--pod-network vxlan|host-gw|wireguard] [--store embedded]`;

/** Where Wheelhouse keeps its state: XDG's data home on Linux, the platform's own elsewhere. */
export function defaultDataDir(environment: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Wheelhouse');
  if (platform === 'win32') return join(environment['APPDATA'] ?? join(homedir(), 'AppData', 'Roaming'), 'Wheelhouse');
  return join(environment['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'wheelhouse');
}

/** Reads the command line. Throws OptionError. */
export function parseOptions(args: string[], environment: NodeJS.ProcessEnv, platform: NodeJS.Platform): Options {
  let values: {
    'data-dir'?: string;
    listen?: string;
    ui?: string;
    simulate?: string;
    'pod-network'?: string;
    store?: string;
  };
  try {
    ({ values } = parseArgs({
      args,
      options: {
        'data-dir': { type: 'string' },
        listen: { type: 'string' },
        ui: { type: 'string' },
        simulate: { type: 'string' },
        'pod-network': { type: 'string' },
        store: { type: 'string' },
      },
    }));
  } catch (error) {
    throw new OptionError(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
  const { store = 'embedded', simulate } = values;
  if (store !== 'embedded')
    throw new OptionError(`--store ${store}: this version has the embedded store only; leave --store out`);
  return {
    dataDir: values['data-dir'] ?? defaultDataDir(environment, platform),
    listen: parseEndpoint('--listen', values.listen ?? '127.0.0.1:6443'),
    ui: parseEndpoint('--ui', values.ui ?? '127.0.0.1:7080'),
    podNetwork: parsePodNetwork(values['pod-network'] ?? 'vxlan'),
    simulate: simulate === undefined ? undefined : parseCount('--simulate', simulate, 5000),
    store,
  };
}

function parseEndpoint(option: string, text: string): Endpoint {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  if (!host || !(port <= 65_535))
    throw new OptionError(
      `${option} ${text}: expected HOST:PORT, for example 127.0.0.1:6443 (port 0 picks a free one)`,
    );
  return { host, port };
}

function parsePodNetwork(text: string): PodNetworkBackend {
  const backend = POD_NETWORK_BACKENDS.find((name) => name === text);
  if (!backend) throw new OptionError(`--pod-network ${text}: expected one of ${POD_NETWORK_BACKENDS.join(', ')}`);
  return backend;
}

function parseCount(option: string, text: string, most: number): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count > most)
    throw new OptionError(`${option} ${text}: expected a whole number from 0 to ${most}`);
  return count;
}
