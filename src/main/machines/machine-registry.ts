import type { Node } from '../../shared/api/kinds.ts';
import { nameOf } from '../../shared/api/meta.ts';
import type { Neighbour } from './preflight/check.ts';

/** Who each machine turned out to be, so that two that join at the same time can be told apart before either has a Node. */
export class MachineRegistry {
  readonly #claims = new Map<string, Neighbour>();

  claim(machine: string, identity: Neighbour): void {
    this.#claims.set(machine, identity);
  }

  release(machine: string): void {
    this.#claims.delete(machine);
  }

  /** Everyone but `machine` itself and the Node that is (or is to be) its own. */
  neighboursOf(machine: string, nodeName: string, nodes: Iterable<Node>): Neighbour[] {
    const claimed = [...this.#claims].filter(([name]) => name !== machine).map(([, identity]) => identity);
    const registered = [...nodes].filter((node) => nameOf(node) !== nodeName).map(identityOf);
    return [...claimed, ...registered];
  }
}

function identityOf(node: Node): Neighbour {
  const hostname = node.status?.addresses?.find(({ type }) => type === 'Hostname')?.address;
  const machineId = node.status?.nodeInfo?.machineID;
  return { name: nameOf(node), ...(hostname ? { hostname } : {}), ...(machineId ? { machineId } : {}) };
}
