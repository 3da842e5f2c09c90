// Where a testbed keeps things and what it calls them. All names follow from its folder, so that `down` can find
// everything even when the state file is gone. Pure.
import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';

/** Used when no folder is given. */
export const DEFAULT_DIR = '/var/lib/wheelhouse-testbed';

/** Host number of this computer inside the testbed's /24; the machines begin at `FIRST_MACHINE`. */
const HOST_NUMBER = 1;
const FIRST_MACHINE = 11;
const GATEWAY_NUMBER = 254;

/** At most what fits between the first machine and the gateway. */
export const MAX_MACHINES = 200;

export interface Layout {
  readonly dir: string;
  /** Eight hex digits, a function of the folder. */
  readonly id: string;
  /** The link in this computer's own network namespace. */
  readonly hostLink: string;
  /** The parent cgroup of all the testbed's processes, in every hierarchy. */
  readonly cgroup: string;
  readonly stateFile: string;
  readonly keys: string;
  readonly logs: string;
  readonly machines: string;
  /** The registries' folders, by their cgroup's name. */
  readonly registry: string;
  readonly privateRegistry: string;
}

/** The names that belong to a testbed folder. */
export function layoutOf(dir: string): Layout {
  const absolute = resolve(dir);
  const id = createHash('sha256').update(absolute).digest('hex').slice(0, 8);
  return {
    dir: absolute,
    id,
    hostLink: `wh${id}`,
    cgroup: `wheelhouse-${id}`,
    stateFile: join(absolute, 'testbed.json'),
    keys: join(absolute, 'keys'),
    logs: join(absolute, 'logs'),
    machines: join(absolute, 'machines'),
    registry: join(absolute, 'registry'),
    privateRegistry: join(absolute, 'private-registry'),
  };
}

export interface Addresses {
  readonly host: string;
  /** Where machines send everything else; it answers "no route to host" at once. */
  readonly gateway: string;
  machine(index: number): string;
}

/** Addresses in the /24 that starts with `prefix` (three numbers, such as `10.99.0`). */
export function addressesIn(prefix: string): Addresses {
  return {
    host: `${prefix}.${HOST_NUMBER}`,
    gateway: `${prefix}.${GATEWAY_NUMBER}`,
    machine: (index) => `${prefix}.${FIRST_MACHINE + index}`,
  };
}

/**
 * A MAC derived from the address: a new random one behind the same address leaves stale ARP entries, which make SSH
 * wait for tens of seconds after a machine is built anew.
 */
export function macOf(address: string): string {
  const bytes = address.split('.').map((part) => Number(part).toString(16).padStart(2, '0'));
  return ['02', '57', ...bytes].join(':');
}

/** The fabric's end of a machine's link. */
export function portOf(machine: string): string {
  return `p-${machine}`;
}
