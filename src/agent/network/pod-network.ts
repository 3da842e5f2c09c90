import { readFile, writeFile } from 'node:fs/promises';
import type { Logger } from '../../shared/logger.ts';
import { gatewayOf, parseCidr } from './cidr.ts';
import {
  bridgeBatch,
  dockerUserRules,
  GATEWAY_BRIDGE,
  linkName,
  machineSide,
  machineTable,
  podSide,
} from './network-plan.ts';
import type { Overlay } from './overlay/overlay.ts';
import type { Peer } from './overlay/peers.ts';
import { CommandError, type RunCommand } from './run-command.ts';

export interface PodNetworkDeps {
  /** Programs of the agent's image. */
  run: RunCommand;
  /** Programs of the machine: its own iptables knows which backend Docker uses. */
  runOnMachine: RunCommand;
  /** The way to the other machines. */
  overlay: Pick<Overlay, 'assert' | 'podMtu'>;
  /** Pods of all machines. */
  clusterCidr: string;
  log: Logger;
}

export interface AttachedSandbox {
  id: string;
  pid: number;
  podIp: string;
}

/** Links pods to the machine and keeps the machine's side of the network as it must be. */
export class PodNetwork {
  #podCidr: string | undefined;
  #assertedTable: string | undefined;
  /** The other machines, as far as they are known. */
  peers: readonly Peer[] = [];
  /** Settles when the last asserting has, however it ended; its caller was told. */
  #asserting: Promise<void> = Promise.resolve();

  constructor(private readonly deps: PodNetworkDeps) {}

  /** The range of this machine's pods; undefined until the control plane has given one. */
  get podCidr(): string | undefined {
    return this.#podCidr;
  }

  set podCidr(cidr: string | undefined) {
    this.#podCidr = cidr;
  }

  /** Gives a sandbox its interface and address. Doing it twice is harmless. */
  async attach(sandbox: AttachedSandbox): Promise<void> {
    if (!this.#podCidr) throw new Error('the machine has no pod network range yet');
    const gateway = gatewayOf(parseCidr(this.#podCidr));
    const link = linkName(sandbox.id);
    const links = await this.deps.run('ip', ['-o', 'link', 'show', 'type', 'veth']);
    if (links.includes(` ${link}@`)) return;
    await this.deps.run(
      'ip',
      ['-batch', '-'],
      machineSide(link, sandbox.pid, sandbox.podIp, gateway, this.deps.overlay.podMtu),
    );
    const inPod = ['-t', String(sandbox.pid), '-n', 'ip', '-batch', '-'];
    await this.deps.run('nsenter', inPod, podSide(sandbox.podIp, gateway));
  }

  /**
   * Puts the bridge, forwarding, the nft table, Docker's accept rules and the links of these sandboxes in place:
   * at start (after a reboot nothing of it is left) and again and again, as other programs flush rules.
   */
  assert(sandboxes: AttachedSandbox[]): Promise<void> {
    // One at a time: two that look before either has added would both add.
    const turn = this.#asserting.then(() => this.#assert(sandboxes));
    this.#asserting = turn.catch(() => undefined);
    return turn;
  }

  async #assert(sandboxes: AttachedSandbox[]): Promise<void> {
    const podCidr = this.#podCidr;
    if (!podCidr) return;
    const { run } = this.deps;
    if (!(await run('ip', ['-o', 'link', 'show'])).includes(`: ${GATEWAY_BRIDGE}:`)) {
      await run('ip', ['link', 'add', GATEWAY_BRIDGE, 'type', 'bridge']);
    }
    await run('ip', ['-batch', '-'], bridgeBatch(podCidr));
    await this.#enableForwarding();
    await this.#assertTable(podCidr);
    await this.#assertDockerUser(this.deps.clusterCidr);
    await this.deps.overlay.assert(podCidr, this.peers);
    for (const sandbox of sandboxes) {
      try {
        await this.attach(sandbox);
      } catch (error) {
        // It may have ended since it was seen; its worker will know.
        this.deps.log.warn({ err: error, sandbox: sandbox.id }, 'cannot link a sandbox to the network');
      }
    }
  }

  async #enableForwarding(): Promise<void> {
    const file = '/proc/sys/net/ipv4/ip_forward';
    if ((await readFile(file, 'utf8')).trim() !== '1') await writeFile(file, '1');
  }

  async #assertTable(podCidr: string): Promise<void> {
    const peers = this.peers.map(({ address }) => address);
    const table = machineTable(podCidr, this.deps.clusterCidr, [...new Set(peers)]);
    if (this.#assertedTable === table) {
      try {
        await this.deps.run('nft', ['list', 'chain', 'ip', 'wheelhouse', 'postrouting']);
        return;
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        this.deps.log.warn({ err: error }, 'the nft table was gone');
      }
    }
    await this.deps.run('nft', ['-f', '-'], table);
    this.#assertedTable = table;
  }

  async #assertDockerUser(podCidr: string): Promise<void> {
    for (const rule of dockerUserRules(podCidr)) {
      try {
        await this.#iptables(['-C', 'DOCKER-USER', ...rule]);
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        try {
          await this.#iptables(['-I', 'DOCKER-USER', ...rule]);
        } catch (failure) {
          // Docker without iptables has no such chain, and drops nothing either.
          this.deps.log.debug({ err: failure }, 'no DOCKER-USER chain');
          return;
        }
      }
    }
  }

  async #iptables(args: string[]): Promise<string> {
    const waiting = ['-w', '5', ...args];
    try {
      return await this.deps.runOnMachine('iptables', waiting);
    } catch (error) {
      // 127: the machine has none of its own.
      if (error instanceof CommandError && error.code === 127) return this.deps.run('iptables', waiting);
      throw error;
    }
  }
}
