import type { Duplex } from 'node:stream';
import type { Client } from 'ssh2';
import type { Tried } from './authenticate.ts';
import type { AcceptedHostKey } from './host-key.ts';
import type { KnownHostEntry } from './known-hosts.ts';
import type { Credentials } from './credentials.ts';
import { openConnection, type HandshakeProgress } from './open-connection.ts';
import { reachDirectly, reachThrough, type Address } from './reach.ts';
import { SshHost } from './ssh-host.ts';

/** One SSH server on the way, with what we may use there. */
export interface Hop {
  host: string;
  port: number;
  user: string;
  /** Asked once the host key is accepted. */
  credentials: () => Promise<Credentials>;
  /** The host key the user agreed to. */
  hostKeySha256?: string;
}

export interface ConnectProgress {
  reached(message: string): void;
  hostKeyAccepted(key: AcceptedHostKey): void;
  authenticated(tried: Tried[]): void;
}

const REACH_TIMEOUT_MS = 10_000;

/**
 * Connects and signs in, through the jump host if one is given. Rejects with a PhaseError that names the step and,
 * when it was the jump host's, says so. `progress` speaks of the machine only.
 */
export async function connectSsh(
  target: { machine: Hop; jump?: Hop; knownHosts: KnownHostEntry[] },
  progress: ConnectProgress,
  signal: AbortSignal,
): Promise<SshHost> {
  const { machine, knownHosts } = target;
  const address: Address = { host: machine.host, port: machine.port, role: 'the machine' };
  const jump = target.jump && (await openHop(target.jump, 'the jump host', knownHosts, undefined, QUIET, signal));
  try {
    const stream = jump ? await reachThrough(jump, address) : undefined;
    const client = await openHop(machine, 'the machine', knownHosts, stream, progress, signal);
    return new SshHost(`${machine.user}@${machine.host}:${machine.port}`, client, jump);
  } catch (error) {
    jump?.end();
    throw error;
  }
}

const QUIET: ConnectProgress = {
  reached: () => undefined,
  hostKeyAccepted: () => undefined,
  authenticated: () => undefined,
};

async function openHop(
  hop: Hop,
  role: Address['role'],
  knownHosts: KnownHostEntry[],
  through: Duplex | undefined,
  progress: ConnectProgress,
  signal: AbortSignal,
): Promise<Client> {
  const address: Address = { host: hop.host, port: hop.port, role };
  const stream = through ?? (await reachDirectly(address, REACH_TIMEOUT_MS, signal));
  const handshake: HandshakeProgress = {
    // The host key comes after an SSH greeting: only then is it sure that an SSH server was reached.
    hostKeyShown: () => progress.reached(`An SSH server answers at ${hop.host} port ${hop.port}.`),
    hostKeyAccepted: (key) => progress.hostKeyAccepted(key),
    authenticated: (tried) => progress.authenticated(tried),
  };
  const trust = { knownHosts, ...(hop.hostKeySha256 === undefined ? {} : { pinned: hop.hostKeySha256 }) };
  return openConnection(stream, { address, user: hop.user, credentials: hop.credentials, trust }, handshake, signal);
}
