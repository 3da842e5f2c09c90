import type { Taint } from './api/kinds.ts';

/** Where everything of ours lives on a machine. The directory is bind-mounted into the agent at the same path. */
export const MACHINE_DIR = '/var/lib/wheelhouse';
/** The container the agent runs in. */
export const AGENT_CONTAINER = 'wheelhouse-agent';
/** Labels on every container we make on a machine; removal goes by them. */
export const CONTAINER_LABELS = {
  cluster: 'wheelhouse.dev/cluster',
  /** `agent`, `sandbox`, `container` or `ingress`. */
  role: 'wheelhouse.dev/role',
  podName: 'io.kubernetes.pod.name',
  podNamespace: 'io.kubernetes.pod.namespace',
  podUid: 'io.kubernetes.pod.uid',
  containerName: 'io.kubernetes.container.name',
} as const;

/** How machines reach each other's pods. `host-gw` routes directly inside one subnet, and over VXLAN elsewhere. */
export type PodNetworkBackend = 'vxlan' | 'host-gw' | 'wireguard';
export const POD_NETWORK_BACKENDS: readonly PodNetworkBackend[] = ['vxlan', 'host-gw', 'wireguard'];

/** The address ranges of the whole cluster, the same on every machine. */
export interface ClusterNetwork {
  /** Pods of all machines, e.g. `10.244.0.0/16`. */
  podCidr: string;
  /** Services, e.g. `10.96.0.0/16`: the first address is the API's, the tenth the cluster DNS's. */
  serviceCidr: string;
  backend: PodNetworkBackend;
}

/**
 * The file `MACHINE_DIR/agent/config.json` (mode 0600) that the join writes and the agent reads at start.
 * All paths are inside MACHINE_DIR. Certificates are PEM files beside it, so that they can be renewed without a change here.
 */
export interface AgentConfig {
  nodeName: string;
  /** Labels every container; two clusters on one machine are refused by preflight. */
  clusterId: string;
  /** Unix socket that leads to the API server through the SSH connection (or directly, on this computer). */
  apiSocket: string;
  /** Name in the API server's certificate. */
  apiServerName: string;
  caFile: string;
  certFile: string;
  keyFile: string;
  /** Unix socket the agent serves its kubelet API on; only the SSH user and root may open it. */
  agentSocket: string;
  /** Owner of `agentSocket`: the user we sign in as. */
  socketUid: number;
  /** Checkpoint directory. */
  stateDir: string;
  /** Reference of the pause image, already loaded on the machine. */
  pauseImage: string;
  clusterDomain: string;
  clusterNetwork: ClusterNetwork;
  /** Address the node reports as InternalIP: the one the machine is reached at, if it is one of its own. */
  nodeIp?: string;
  labels: Record<string, string>;
  taints: Taint[];
  /** Whether the user agreed to Docker's live-restore being switched on. */
  liveRestore?: boolean;
  /** Bundle version shown as the node's kubeletVersion suffix. */
  version: string;
}
