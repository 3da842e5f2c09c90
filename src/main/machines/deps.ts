import type { Duplex } from 'node:stream';
import type { ClusterNetwork } from '../../shared/agent-config.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import type { Clock, Logger } from '../../shared/logger.ts';

/** What joining machines needs from the rest of the app. */
export interface MachinesDeps {
  client: ApiClient;
  clock: Clock;
  log: Logger;
  /** In [0, 1): the jitter of reconnecting. */
  random: () => number;
  /** A new key and client certificate of `system:node:NODE`, PEM. */
  issueNodeCertificate(nodeName: string): Promise<{ key: string; certificate: string; ca: string }>;
  /** A node's agent has connected to the API: a raw byte stream that will speak TLS. */
  onApiConnection(stream: Duplex): void;
  artifacts: {
    agentImage(): Promise<{ path: string; reference: string }>;
    pauseImage(): Promise<{ path: string; reference: string }>;
    agentBundle(): Promise<{ path: string; version: string }>;
  };
  clusterId: string;
  /** The name in the API server's certificate. */
  apiServerName: string;
  /** In order; those that do not exist are passed over. */
  knownHostsFiles: string[];
  /** `SSH_AUTH_SOCK`: tried for machines without a Secret. */
  sshAgentSocket?: string;
  /** Private key files tried for machines without a Secret. */
  defaultIdentityFiles: string[];
  clusterNetwork: ClusterNetwork;
}
