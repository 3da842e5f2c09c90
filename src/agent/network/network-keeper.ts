import { join } from 'node:path';
import type { AgentConfig } from '../../shared/agent-config.ts';
import { NODES, type Node } from '../../shared/api/kinds.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import { delay } from '../../shared/client/backoff.ts';
import type { Logger } from '../../shared/logger.ts';
import { readJson, writeAtomic } from '../state/atomic-file.ts';
import { NetworkMonitor } from './network-monitor.ts';
import { Overlay } from './overlay/overlay.ts';
import { PeerWatch } from './overlay/peer-watch.ts';
import { WIREGUARD_KEY_ANNOTATION } from './overlay/peers.ts';
import { PodNetwork, type AttachedSandbox } from './pod-network.ts';
import type { RunCommand } from './run-command.ts';

/** How often the machine's side of the network is put right. */
const ASSERT_MS = 30_000;

export interface NetworkKeeperDeps {
  config: AgentConfig;
  client: ApiClient;
  run: RunCommand;
  runOnMachine: RunCommand;
  /** The sandboxes that must be linked. */
  sandboxes: () => AttachedSandbox[];
  /** The node has got its range: pods can be started. */
  onReady: () => void;
  log: Logger;
}

/**
 * Keeps the pod network as it must be: for the range the control plane gave, towards the machines it told of, from the
 * last known state while it is away; again every half minute, and as soon as something of it was changed by others.
 */
export class NetworkKeeper {
  readonly network: PodNetwork;
  readonly #overlay: Overlay;
  readonly #peers: PeerWatch;
  readonly #monitor: NetworkMonitor;
  readonly #abort = new AbortController();
  #problem: string | undefined;

  constructor(private readonly deps: NetworkKeeperDeps) {
    const { config, client, run, runOnMachine, log } = deps;
    const { backend, podCidr: clusterCidr } = config.clusterNetwork;
    const { nodeIp, stateDir, nodeName } = config;
    this.#overlay = new Overlay({ backend, nodeIp, stateDir, run, log });
    this.network = new PodNetwork({ run, runOnMachine, overlay: this.#overlay, clusterCidr, log });
    this.#peers = new PeerWatch({ client, nodeName, clusterCidr, file: join(stateDir, 'peers.json'), log }, (peers) => {
      this.network.peers = peers;
      void this.#assert();
    });
    this.#monitor = new NetworkMonitor(() => void this.#assert(), log);
  }

  /** Why pods cannot have a network; undefined when they can. */
  get problem(): string | undefined {
    return this.network.podCidr ? this.#problem : 'node has no pod CIDR yet';
  }

  /** The range and the other machines as they were: the control plane may be away. */
  async load(): Promise<void> {
    const saved = (await readJson(this.#file)) as { podCidr?: string } | undefined;
    this.network.podCidr = saved?.podCidr;
    this.network.peers = await this.#peers.load();
  }

  start(): void {
    this.#peers.start();
    this.#monitor.start();
    void this.#keep();
  }

  stop(): void {
    this.#abort.abort();
    this.#monitor.stop();
    this.#peers.stop();
  }

  /** Our Node as the API has it: the range it gives us, and whether it tells the others our key. */
  async observed(node: Node): Promise<void> {
    const key = await this.#overlay.publicKey();
    if (key !== undefined && node.metadata?.annotations?.[WIREGUARD_KEY_ANNOTATION] !== key) {
      const metadata = { annotations: { [WIREGUARD_KEY_ANNOTATION]: key } };
      await this.deps.client.patch(NODES, { name: this.deps.config.nodeName }, { metadata });
    }
    const podCidr = node.spec?.podCIDR;
    if (!podCidr || podCidr === this.network.podCidr) return;
    await writeAtomic(this.#file, JSON.stringify({ podCidr }));
    this.network.podCidr = podCidr;
    await this.#assert();
    this.deps.onReady();
  }

  get #file(): string {
    return join(this.deps.config.stateDir, 'network.json');
  }

  async #keep(): Promise<void> {
    while (!this.#abort.signal.aborted) {
      await this.#assert();
      await delay(ASSERT_MS, this.#abort.signal);
    }
  }

  async #assert(): Promise<void> {
    try {
      await this.network.assert(this.deps.sandboxes());
      this.#problem = undefined;
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error);
      this.deps.log.error({ err: error }, 'cannot set up the pod network');
    }
  }
}
