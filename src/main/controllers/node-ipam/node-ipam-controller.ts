import { isNotFound } from '../../../shared/api/errors.ts';
import { NODES, type Node } from '../../../shared/api/kinds.ts';
import { nameOf } from '../../../shared/api/meta.ts';
import { SIMULATED_LABEL } from '../../../shared/api/machine.ts';
import type { Change } from '../../../shared/client/informer.ts';
import { Controller } from '../runtime/controller.ts';
import type { ControllerDeps, RunningController } from '../runtime/dependencies.ts';
import { CidrPool } from './cidr-pool.ts';

export interface NodeIpamOptions {
  /** Where pod networks come from (--cluster-cidr). */
  clusterCidr: string;
  /** Mask length of one node's network (--node-cidr-mask-size). */
  nodeMaskSize: number;
}

export const NODE_IPAM_DEFAULTS: NodeIpamOptions = { clusterCidr: '10.244.0.0/16', nodeMaskSize: 24 };

/** Gives each node its own pod network (`spec.podCIDR`). Simulated nodes have no network and bring a number of their own. */
export function nodeIpamController(
  deps: ControllerDeps,
  options: NodeIpamOptions = NODE_IPAM_DEFAULTS,
): RunningController {
  const { client, events } = deps;
  const nodes = deps.informers.of(NODES);
  const pool = new CidrPool(options.clusterCidr, options.nodeMaskSize);

  /** What nodes have is taken before any worker gives out more: the replay at start-up comes first. */
  function note(change: Change<Node>): string[] {
    const { object } = change;
    const cidr = object.spec?.podCIDR;
    if (isSimulated(object)) return [];
    if (change.type === 'deleted') {
      if (cidr) pool.release(cidr);
      return [];
    }
    if (cidr) pool.occupy(cidr);
    return cidr ? [] : [nameOf(object)];
  }

  async function reconcile(name: string): Promise<undefined> {
    const node = nodes.get(name);
    if (!node || node.spec?.podCIDR || node.metadata?.deletionTimestamp) return;
    const podCIDR = pool.allocate();
    if (podCIDR === undefined) {
      const about = { ...node, apiVersion: 'v1', kind: 'Node' };
      events.event(about, 'Normal', 'CIDRNotAvailable', `Node ${name} status is now: CIDRNotAvailable`);
      throw new Error(
        'failed to allocate cidr from cluster cidr: there are no remaining CIDRs left to allocate in the accepted range',
      );
    }
    await assign(node, podCIDR);
  }

  async function assign(node: Node, podCIDR: string): Promise<void> {
    const { name = '', resourceVersion } = node.metadata ?? {};
    try {
      await client.patch(NODES, { name }, { metadata: { resourceVersion }, spec: { podCIDR, podCIDRs: [podCIDR] } });
    } catch (error) {
      pool.release(podCIDR);
      if (!isNotFound(error)) throw error;
    }
  }

  return new Controller(deps, { name: 'node-ipam', concurrency: 1, reconcile }).watch(nodes, note);
}

const isSimulated = (node: Node): boolean => node.metadata?.labels?.[SIMULATED_LABEL] !== undefined;
