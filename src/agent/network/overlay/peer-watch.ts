import { NODES, type Node } from '../../../shared/api/kinds.ts';
import type { ApiClient } from '../../../shared/client/api-client.ts';
import { Informer } from '../../../shared/client/informer.ts';
import { messageOf } from '../../../shared/api/errors.ts';
import type { Logger } from '../../../shared/logger.ts';
import { readJson, writeAtomic } from '../../state/atomic-file.ts';
import { peersOf, type Peer } from './peers.ts';

/** Changes of many nodes at once, such as all of them at the start, are taken together. */
const SETTLE_MS = 200;

export interface PeerWatchDeps {
  client: ApiClient;
  nodeName: string;
  clusterCidr: string;
  /** The machines as last known, for a start while the control plane is away. */
  file: string;
  log: Logger;
}

/** Follows the cluster's nodes and says who our peers are. */
export class PeerWatch {
  readonly #nodes: Informer<Node>;
  #timer: NodeJS.Timeout | undefined;
  #known = '[]';

  constructor(
    private readonly deps: PeerWatchDeps,
    private readonly onChange: (peers: readonly Peer[]) => void,
  ) {
    this.#nodes = new Informer(deps.client, NODES, {
      onError: (error) => deps.log.debug({ err: error }, 'cannot watch the nodes'),
    });
  }

  /** The peers of the last run. */
  async load(): Promise<readonly Peer[]> {
    const saved = ((await readJson(this.deps.file)) ?? []) as Peer[];
    this.#known = JSON.stringify(saved);
    return saved;
  }

  start(): void {
    this.#nodes.onDidChange(() => (this.#timer ??= setTimeout(() => this.#settle(), SETTLE_MS)));
    void this.#nodes.start();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#nodes.stop();
  }

  #settle(): void {
    this.#timer = undefined;
    const peers = peersOf(this.#nodes.values(), this.deps.nodeName, this.deps.clusterCidr);
    const text = JSON.stringify(peers);
    // Nodes report their status all the time; their peers care for addresses and ranges only.
    if (text === this.#known) return;
    this.#known = text;
    writeAtomic(this.deps.file, text).catch((error: unknown) =>
      this.deps.log.error({ error: messageOf(error) }, 'cannot save the peers'),
    );
    this.onChange(peers);
  }
}
