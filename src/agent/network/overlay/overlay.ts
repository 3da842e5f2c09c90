import { join } from 'node:path';
import type { PodNetworkBackend } from '../../../shared/agent-config.ts';
import type { Logger } from '../../../shared/logger.ts';
import { readJson, writeAtomic } from '../../state/atomic-file.ts';
import { CommandError, type RunCommand } from '../run-command.ts';
import { observedOverlay } from './observed.ts';
import type { Peer } from './peers.ts';
import { planOverlay, podMtu, ROUTE_PROTOCOL, VXLAN_DEVICE, WIREGUARD_DEVICE, type OverlayPlan } from './plan.ts';
import { repairOverlay } from './repair.ts';
import { localAddresses, underlayOf, type LocalAddress } from './underlay.ts';
import { newWireguardKey, wireguardConfig, wireguardKey, type WireguardKey } from './wireguard.ts';

/** Pods' packets before anything is known of the machine's network: an ordinary Ethernet's, through a tunnel. */
const USUAL_MTU = 1500;

export interface OverlayDeps {
  backend: PodNetworkBackend;
  /** The address the node is known by, if it was given one. */
  nodeIp: string | undefined;
  /** Where the machine's WireGuard key is kept. */
  stateDir: string;
  /** Programs of the agent's image, acting on the machine's network. */
  run: RunCommand;
  log: Logger;
}

/** The way to the other machines' pods: tunnel, neighbours and routes, made and put right again. */
export class Overlay {
  #underlay: LocalAddress | undefined;
  #key: WireguardKey | undefined;
  #reported = '';

  constructor(private readonly deps: OverlayDeps) {}

  /** The largest packet a pod that is started now may send. */
  get podMtu(): number {
    return podMtu(this.deps.backend, this.#underlay?.mtu ?? USUAL_MTU);
  }

  /** Our WireGuard key for the others to know; undefined where WireGuard is not used. Made once a machine. */
  async publicKey(): Promise<string | undefined> {
    return this.deps.backend === 'wireguard' ? (await this.#wireguardKey()).publicKey : undefined;
  }

  /** Reads what is in place and mends what is not. Throws when the machine has no way out, or no WireGuard. */
  async assert(podCidr: string, peers: readonly Peer[]): Promise<void> {
    const { backend, run, nodeIp } = this.deps;
    const addresses = localAddresses(await run('ip', ['-j', '-4', 'address', 'show']));
    const underlay = underlayOf(addresses, nodeIp);
    if (!underlay) throw new Error('the machine has no IPv4 address that others could reach it at');
    this.#underlay = underlay;
    const plan = planOverlay({ backend, podCidr, underlay, addresses, peers });
    this.#report(plan);
    if (plan.wireguard) await this.#assertWireguard(plan.wireguard);
    const { ip, bridge } = repairOverlay(plan, await this.#observe());
    if (ip.length > 0) await run('ip', ['-batch', '-'], lines(ip));
    if (bridge.length > 0) await run('bridge', ['-batch', '-'], lines(bridge));
    if (ip.length + bridge.length > 0)
      this.deps.log.info({ changes: [...ip, ...bridge].slice(0, 20) }, 'the way to other machines was put right');
  }

  async #observe(): ReturnType<typeof observe> {
    return observe(this.deps.run);
  }

  async #assertWireguard(wanted: NonNullable<OverlayPlan['wireguard']>): Promise<void> {
    const { run, stateDir } = this.deps;
    const links = await run('ip', ['-o', 'link', 'show']);
    if (!links.includes(`: ${WIREGUARD_DEVICE}:`)) {
      try {
        await run('ip', ['link', 'add', WIREGUARD_DEVICE, 'type', 'wireguard']);
      } catch (error) {
        if (error instanceof CommandError && /Unknown device type|not supported/i.test(error.stderr))
          throw new Error("this machine's kernel has no WireGuard; join it to a cluster with --pod-network vxlan", {
            cause: error,
          });
        throw error;
      }
    }
    const file = join(stateDir, 'wireguard.conf');
    await writeAtomic(file, wireguardConfig(await this.#wireguardKey(), wanted.peers));
    await run('wg', ['syncconf', WIREGUARD_DEVICE, file]);
    await run(
      'ip',
      ['-batch', '-'],
      lines([
        `address replace ${wanted.inner}/32 dev ${WIREGUARD_DEVICE}`,
        `link set ${WIREGUARD_DEVICE} mtu ${wanted.mtu} up`,
      ]),
    );
  }

  async #wireguardKey(): Promise<WireguardKey> {
    if (this.#key) return this.#key;
    const file = join(this.deps.stateDir, 'wireguard-key.json');
    const saved = (await readJson(file)) as { privateKey?: string } | undefined;
    this.#key = saved?.privateKey ? wireguardKey(saved.privateKey) : newWireguardKey();
    if (!saved) await writeAtomic(file, JSON.stringify({ privateKey: this.#key.privateKey }));
    return this.#key;
  }

  /** Says once, not every half minute, who cannot be reached. */
  #report({ unreachable }: OverlayPlan): void {
    const text = unreachable.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
    if (text !== '' && text !== this.#reported) this.deps.log.warn({ unreachable }, 'machines that cannot be reached');
    this.#reported = text;
  }
}

async function observe(run: RunCommand): Promise<ReturnType<typeof observedOverlay>> {
  const ofDevice = async (command: string, args: string[]): Promise<string> => {
    try {
      return await run(command, args);
    } catch (error) {
      // There is no such device yet.
      if (error instanceof CommandError) return '';
      throw error;
    }
  };
  const [links, neighbours, forwarding, routes] = await Promise.all([
    ofDevice('ip', ['-j', '-d', 'link', 'show', 'dev', VXLAN_DEVICE]),
    ofDevice('ip', ['-j', 'neigh', 'show', 'dev', VXLAN_DEVICE]),
    ofDevice('bridge', ['-j', 'fdb', 'show', 'dev', VXLAN_DEVICE]),
    run('ip', ['-j', 'route', 'show', 'proto', ROUTE_PROTOCOL]),
  ]);
  return observedOverlay({ links, neighbours, forwarding, routes });
}

const lines = (commands: readonly string[]): string => `${commands.join('\n')}\n`;
