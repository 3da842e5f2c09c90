import type { Service } from '../../../../shared/api/kinds.ts';
import { KeyExistsError, RevisionMismatchError, type Storage, type StoredValue } from '../../../store/storage.ts';
import { candidates, NODE_PORTS } from './number-range.ts';

/** Why a port cannot be had, in portallocator's words. */
export class PortError extends Error {}

/** Beside the kinds: one key a port. Making the key is taking the port, whichever API server does it. */
export const NODE_PORT_PREFIX = '/wheelhouse.dev/nodeports/';

/** Who has a node port. */
export interface NodePortRecord {
  namespace: string;
  name: string;
  uid: string;
  /** Milliseconds since the epoch. */
  since: number;
}

/** Ports that Services have on every machine. */
export class NodePorts {
  constructor(
    private readonly storage: Storage,
    private readonly deps: { random: () => number; now: () => number },
  ) {}

  /** Takes this port for a Service. Throws PortError. */
  async take(service: Service, port: number, dryRun: boolean): Promise<void> {
    if (port < NODE_PORTS.first || port > NODE_PORTS.last) {
      const range = `${String(NODE_PORTS.first)}-${String(NODE_PORTS.last)}`;
      throw new PortError(`provided port is not in the valid range. The range of valid ports is ${range}`);
    }
    if (!(await this.#make(service, port, dryRun))) throw new PortError('provided port is already allocated');
  }

  /** Takes any port for a Service that is not in `besides`. Throws PortError when there are none. */
  async takeAny(service: Service, dryRun: boolean, besides: ReadonlySet<number>): Promise<number> {
    const { items } = await this.storage.list({ prefix: NODE_PORT_PREFIX });
    const taken = new Set(items.map(({ key }) => Number(key.slice(NODE_PORT_PREFIX.length))));
    for (const port of candidates(NODE_PORTS, this.deps.random)) {
      if (taken.has(port) || besides.has(port)) continue;
      if (await this.#make(service, port, dryRun)) return port;
    }
    throw new PortError('range is full');
  }

  /** Gives a port back, unless it is somebody else's. */
  async giveBack(service: Service, port: number): Promise<void> {
    const stored = await this.storage.get(NODE_PORT_PREFIX + String(port));
    const record = stored?.value as unknown as NodePortRecord | undefined;
    if (!stored || record?.uid !== service.metadata?.uid) return;
    try {
      await this.storage.delete(stored.key, stored.modRevision);
    } catch (error) {
      if (!(error instanceof RevisionMismatchError)) throw error;
    }
  }

  async #make(service: Service, port: number, dryRun: boolean): Promise<boolean> {
    const key = NODE_PORT_PREFIX + String(port);
    if (dryRun) return (await this.storage.get(key)) === undefined;
    const { namespace = '', name = '', uid = '' } = service.metadata ?? {};
    const record: NodePortRecord = { namespace, name, uid, since: this.deps.now() };
    try {
      await this.storage.create(key, { ...record } as StoredValue);
      return true;
    } catch (error) {
      if (error instanceof KeyExistsError) return false;
      throw error;
    }
  }
}
