/** A route of the machine's main table. */
export interface Route {
  device: string;
  /** Network address and prefix length, as `10.0.0.0/24`. */
  cidr: string;
}

/** What the preflight script found: one field a fact, `undefined` where the machine did not tell. */
export interface HostFacts {
  system: string;
  /** `uname -m`, such as x86_64. */
  architecture: string;
  kernel: string;
  os: string | undefined;
  hostname: string;
  machineId: string | undefined;
  uid: number;
  user: string;
  groups: string[];
  /** The machine's own address that we are connected to, from SSH_CONNECTION; undefined without SSH. */
  address: string | undefined;
  dockerSocket: 'missing' | 'denied' | 'accessible';
  dockerSocketGroup: string | undefined;
  /** Path of dockerd, when it is installed. */
  dockerd: string | undefined;
  dockerRunning: boolean;
  podman: boolean;
  snapDocker: boolean;
  sudo: 'root' | 'free' | 'password' | 'none';
  /** Free bytes by folder. */
  diskFree: Map<string, number>;
  /** Bytes. */
  memoryTotal: number | undefined;
  memoryAvailable: number | undefined;
  cgroupVersion: 1 | 2;
  cgroupControllers: string[];
  /** What `iptables --version` says. */
  iptables: string | undefined;
  /** A host firewall that is on: `ufw` or `firewalld`. */
  firewall: string | undefined;
  /** Folders of Kubernetes distributions, or ours, that exist. */
  folders: string[];
  /** Programs of Kubernetes distributions that run. */
  processes: string[];
  /** Whether mounts made below /var/lib/wheelhouse can be shared with containers. */
  mountShared: boolean;
  routes: Route[];
  /** The machine's clock (ms since the epoch), half-way through the script. */
  time: number;
}

/** Why the script's output is of no use; `undefined` facts of a machine that refuses to run commands. */
export class NoFacts extends Error {
  constructor() {
    super('the script did not run to its end');
    this.name = 'NoFacts';
  }
}

/** Reads what the script printed; throws `NoFacts` when it did not run to its end. */
export function parseFacts(output: string): HostFacts {
  // Login scripts may print before us.
  const body = /wheelhouse-preflight begin\n([\s\S]*)wheelhouse-preflight end/.exec(output)?.[1];
  if (body === undefined) throw new NoFacts();
  const values = new Map<string, string>();
  const routes: string[] = [];
  let section: string | undefined;
  for (const line of body.split('\n')) {
    if (line.startsWith('@')) section = line === '@end' ? undefined : line;
    else if (section === '@routes') routes.push(line);
    else if (line.includes('=')) values.set(line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1).trim());
  }
  const text = (name: string): string | undefined => values.get(name) || undefined;
  const kibibytes = (name: string): number | undefined => {
    const value = text(name);
    return value !== undefined && /^\d+$/.test(value) ? Number(value) * 1024 : undefined;
  };
  const after = (prefix: string): string[] =>
    [...values.keys()].filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  const processes = after('process:');
  return {
    system: text('system') ?? 'unknown',
    architecture: text('architecture') ?? 'unknown',
    kernel: text('kernel') ?? 'unknown',
    os: text('os'),
    hostname: text('hostname') ?? 'unknown',
    machineId: text('machine-id'),
    uid: Number(text('uid') ?? NaN),
    user: text('user') ?? 'unknown',
    groups: (text('groups') ?? '').split(' ').filter((group) => group !== ''),
    address: serverAddress(text('connection')),
    dockerSocket:
      text('docker-socket') !== 'present'
        ? 'missing'
        : text('docker-socket-access') === 'yes'
          ? 'accessible'
          : 'denied',
    dockerSocketGroup: text('docker-socket-group'),
    dockerd: text('has-dockerd'),
    dockerRunning: processes.includes('dockerd'),
    podman: values.has('has-podman'),
    snapDocker: values.has('has-snap-docker'),
    sudo: sudoOf(text('sudo')),
    diskFree: new Map(
      after('disk-free:').flatMap((folder): [string, number][] => {
        const free = kibibytes(`disk-free:${folder}`);
        return free === undefined ? [] : [[folder, free]];
      }),
    ),
    memoryTotal: kibibytes('memory-total'),
    memoryAvailable: kibibytes('memory-available'),
    cgroupVersion: text('cgroup-version') === '2' ? 2 : 1,
    cgroupControllers: (text('cgroup-controllers') ?? '').split(' ').filter((name) => name !== ''),
    iptables: text('iptables'),
    firewall: processes.includes('firewalld') ? 'firewalld' : text('firewall'),
    folders: after('folder:'),
    processes: processes.filter((name) => name !== 'dockerd' && name !== 'firewalld'),
    mountShared: isShared(values),
    routes: parseRoutes(routes),
    time: (seconds(text('time-begin')) + seconds(text('time-end'))) * 500,
  };
}

/** `CLIENT PORT SERVER PORT`; a loopback address says nothing about where other machines find this one. */
function serverAddress(connection: string | undefined): string | undefined {
  const address = connection?.split(' ')[2];
  return address === undefined || address === '::1' || address.startsWith('127.') ? undefined : address;
}

function sudoOf(value: string | undefined): HostFacts['sudo'] {
  return value === 'root' || value === 'free' || value === 'password' ? value : 'none';
}

/** A `date` without nanoseconds prints `%N` or `N` after the dot. */
function seconds(value: string | undefined): number {
  return Number.parseFloat(value ?? '');
}

/** The innermost mount that /var/lib/wheelhouse lies on decides. */
function isShared(values: Map<string, string>): boolean {
  const points = ['/var/lib/wheelhouse', '/var/lib', '/var', '/'];
  const innermost = points.find((point) => values.has(`mount:${point}`));
  return innermost !== undefined && values.get(`mount:${innermost}`) === 'shared';
}

/** /proc/net/route: addresses are hexadecimal in the byte order of the machine, which is little-endian on all we serve. */
export function parseRoutes(lines: readonly string[]): Route[] {
  return lines.slice(1).flatMap((line): Route[] => {
    const [device, destination, , flags, , , , mask] = line.trim().split(/\s+/);
    // RTF_UP is 1: a route that is not up routes nothing.
    if (!device || !destination || !mask || (Number.parseInt(flags ?? '0', 16) & 1) === 0) return [];
    const bits = Number.parseInt(mask, 16).toString(2).replaceAll('0', '').length;
    return [{ device, cidr: `${address(destination)}/${bits}` }];
  });
}

function address(hex: string): string {
  const bytes = hex.match(/../g) ?? [];
  return bytes
    .reverse()
    .map((byte) => Number.parseInt(byte, 16))
    .join('.');
}
