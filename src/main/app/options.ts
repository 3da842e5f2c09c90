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
  /** Set: the store is this etcd, shared with other control planes. Absent: the embedded one in the data directory. */
  etcd: EtcdOptions | undefined;
  /** How much of each request goes into the audit log. */
  auditLog: AuditLogOption;
}

/** `metadata`: who did what; `request`: with the bodies of writes that hold no secrets. */
export type AuditLogOption = 'off' | 'metadata' | 'request';
const AUDIT_LOG_OPTIONS: readonly string[] = ['off', 'metadata', 'request'] satisfies AuditLogOption[];

/** Where etcd is, and what only control planes of one cluster know. Names after kube-apiserver's flags. */
export interface EtcdOptions {
  endpoints: readonly string[];
  caFile?: string | undefined;
  certificateFile?: string | undefined;
  keyFile?: string | undefined;
  joinSecretFile: string;
}

/** A wrong option: the message names it and says what would be right. */
export class OptionError extends Error {}

export const USAGE = `usage: serve [--data-dir DIR] [--listen 127.0.0.1:6443] [--ui 127.0.0.1:7080] [--simulate N] [--pod-network vxlan|host-gw|wireguard] [--store embedded|etcd] [--etcd-endpoints URL,… --join-secret-file FILE [--etcd-cafile FILE] [--etcd-certfile FILE --etcd-keyfile FILE]] [--audit-log off|metadata|request]`;

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
    'etcd-endpoints'?: string;
    'etcd-cafile'?: string;
    'etcd-certfile'?: string;
    'etcd-keyfile'?: string;
    'join-secret-file'?: string;
    'audit-log'?: string;
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
        'etcd-endpoints': { type: 'string' },
        'etcd-cafile': { type: 'string' },
        'etcd-certfile': { type: 'string' },
        'etcd-keyfile': { type: 'string' },
        'join-secret-file': { type: 'string' },
        'audit-log': { type: 'string' },
      },
    }));
  } catch (error) {
    throw new OptionError(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
  const { simulate } = values;
  return {
    dataDir: values['data-dir'] ?? defaultDataDir(environment, platform),
    listen: parseEndpoint('--listen', values.listen ?? '127.0.0.1:6443'),
    ui: parseEndpoint('--ui', values.ui ?? '127.0.0.1:7080'),
    podNetwork: parsePodNetwork(values['pod-network'] ?? 'vxlan'),
    simulate: simulate === undefined ? undefined : parseCount('--simulate', simulate, 5000),
    etcd: parseStore(values),
    auditLog: parseAuditLog(values['audit-log'] ?? 'metadata'),
  };
}

function parseAuditLog(text: string): AuditLogOption {
  if (AUDIT_LOG_OPTIONS.includes(text)) return text as AuditLogOption;
  throw new OptionError(`--audit-log ${text}: expected ${AUDIT_LOG_OPTIONS.join(', ')}`);
}

const ETCD_OPTIONS = ['etcd-endpoints', 'etcd-cafile', 'etcd-certfile', 'etcd-keyfile', 'join-secret-file'] as const;

function parseStore(
  values: { store?: string } & { [name in (typeof ETCD_OPTIONS)[number]]?: string },
): EtcdOptions | undefined {
  const { store = 'embedded' } = values;
  if (store !== 'embedded' && store !== 'etcd') throw new OptionError(`--store ${store}: expected embedded or etcd`);
  if (store === 'embedded') {
    const stray = ETCD_OPTIONS.find((name) => values[name] !== undefined);
    if (stray) throw new OptionError(`--${stray} goes with --store etcd`);
    return undefined;
  }
  const joinSecretFile = values['join-secret-file'];
  if (joinSecretFile === undefined)
    throw new OptionError(
      '--store etcd needs --join-secret-file FILE, the same on every control plane of the cluster; make it with: (umask 077; openssl rand -base64 32 > FILE)',
    );
  if ((values['etcd-certfile'] === undefined) !== (values['etcd-keyfile'] === undefined))
    throw new OptionError('--etcd-certfile and --etcd-keyfile go together');
  if (values['etcd-certfile'] !== undefined && values['etcd-cafile'] === undefined)
    throw new OptionError('--etcd-certfile needs --etcd-cafile');
  return {
    endpoints: parseEndpoints(values['etcd-endpoints'] ?? 'http://127.0.0.1:2379'),
    caFile: values['etcd-cafile'],
    certificateFile: values['etcd-certfile'],
    keyFile: values['etcd-keyfile'],
    joinSecretFile,
  };
}

function parseEndpoints(text: string): string[] {
  const endpoints = text.split(',').map((each) => each.trim());
  for (const each of endpoints)
    if (!/^https?:\/\/(\[[0-9a-fA-F:]+\]|[\w.-]+):\d{1,5}$/.test(each))
      throw new OptionError(`--etcd-endpoints ${each}: expected URL,…, for example https://10.0.0.5:2379`);
  const [scheme] = (endpoints[0] ?? '').split(':');
  if (endpoints.some((each) => !each.startsWith(`${scheme ?? ''}:`)))
    throw new OptionError(`--etcd-endpoints ${text}: either all are http or all are https`);
  return endpoints;
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
