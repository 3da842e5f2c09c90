import { CONTAINER_LABELS, MACHINE_DIR } from '../../shared/agent-config.ts';

/**
 * What of ours is on a machine, by name: the join makes the agent and the folder; the agent makes the rest. Removal
 * takes away exactly this, and verifies that it is gone.
 */
export const HELPER_CONTAINER = 'wheelhouse-helper';
/** The bridge that holds the gateway address, the tunnels to other machines, and the machine's ends of the pods' veth pairs (`vh` and a sandbox's id). */
export const OWN_INTERFACES = '^(kube0|wh-vxlan|wh-wg|vh[0-9a-f]{12})$';
/** The agent's nftables tables: `wheelhouse` and those that begin with it. */
export const NFT_TABLE = 'wheelhouse[a-z-]*';

/** Marks of the agent's routes: to its own pods' range, and to other machines' pods. */
export const ROUTE_PROTOCOLS = ['86', '87'] as const;

/** A network interface that the agent made. */
export function isOwnInterface(device: string): boolean {
  return new RegExp(OWN_INTERFACES).test(device);
}

/** Where things are below MACHINE_DIR. The machine's user owns `run`, in which SSH binds; root owns the rest. */
export const PATHS = {
  agentDir: `${MACHINE_DIR}/agent`,
  bundle: `${MACHINE_DIR}/agent/agent.cjs`,
  config: `${MACHINE_DIR}/agent/config.json`,
  ca: `${MACHINE_DIR}/agent/ca.crt`,
  certificate: `${MACHINE_DIR}/agent/client.crt`,
  key: `${MACHINE_DIR}/agent/client.key`,
  state: `${MACHINE_DIR}/state`,
  runDir: `${MACHINE_DIR}/run`,
  apiSocket: `${MACHINE_DIR}/run/api.sock`,
  agentSocket: `${MACHINE_DIR}/run/agent.sock`,
} as const;

/** Docker's filter for everything of one cluster. */
export function ofCluster(clusterId: string): { label: string[] } {
  return { label: [`${CONTAINER_LABELS.cluster}=${clusterId}`] };
}
