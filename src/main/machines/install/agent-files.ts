import { relative } from 'node:path/posix';
import { MACHINE_DIR, type AgentConfig, type ClusterNetwork } from '../../../shared/agent-config.ts';
import type { MachineSpec } from '../../../shared/api/machine.ts';
import { PATHS } from '../footprint.ts';
import type { ArchiveEntry } from './archive.ts';

/** A node's own key and certificate, and the authority that the API server's certificate comes from; PEM. */
export interface NodeCertificate {
  key: string;
  certificate: string;
  ca: string;
}

export interface AgentSettings {
  nodeName: string;
  clusterId: string;
  apiServerName: string;
  /** User id on the machine that we are signed in as. */
  uid: number;
  pauseImage: string;
  version: string;
  nodeIp?: string;
  clusterNetwork: ClusterNetwork;
  spec: MachineSpec;
}

/** `agent/config.json`. */
export function agentConfig(settings: AgentSettings): AgentConfig {
  const { nodeName, clusterId, apiServerName, uid, pauseImage, version, nodeIp, clusterNetwork, spec } = settings;
  return {
    nodeName,
    clusterId,
    apiSocket: PATHS.apiSocket,
    apiServerName,
    caFile: PATHS.ca,
    certFile: PATHS.certificate,
    keyFile: PATHS.key,
    agentSocket: PATHS.agentSocket,
    socketUid: uid,
    stateDir: PATHS.state,
    pauseImage,
    clusterDomain: 'cluster.local',
    clusterNetwork,
    ...(nodeIp === undefined ? {} : { nodeIp }),
    labels: spec.labels ?? {},
    taints: spec.taints ?? [],
    ...(spec.docker?.liveRestore ? { liveRestore: true } : {}),
    version,
  };
}

const below = (path: string): string => relative(MACHINE_DIR, path);

/** The certificate files, as they lie in MACHINE_DIR or, with another folder, beside their place until they are moved there. */
export function certificateFiles(issued: NodeCertificate, folder: string = PATHS.agentDir): ArchiveEntry[] {
  const at = (path: string): string => below(path.replace(PATHS.agentDir, folder));
  return [
    { path: at(PATHS.key), content: issued.key, mode: 0o600, uid: 0 },
    { path: at(PATHS.certificate), content: issued.certificate, mode: 0o600, uid: 0 },
    { path: at(PATHS.ca), content: issued.ca, mode: 0o600, uid: 0 },
  ];
}

/**
 * Everything of MACHINE_DIR. `run` belongs to the user we sign in as, because sshd binds our socket there as that user;
 * the rest is root's alone: it holds the node's key and the pods' Secrets.
 */
export function agentFiles(config: AgentConfig, bundle: Buffer, issued: NodeCertificate): ArchiveEntry[] {
  return [
    { path: below(PATHS.agentDir), directory: true, mode: 0o700, uid: 0 },
    { path: below(PATHS.state), directory: true, mode: 0o700, uid: 0 },
    { path: below(PATHS.runDir), directory: true, mode: 0o700, uid: config.socketUid },
    { path: below(PATHS.bundle), content: bundle, mode: 0o600, uid: 0 },
    { path: below(PATHS.config), content: JSON.stringify(config, null, 2), mode: 0o600, uid: 0 },
    ...certificateFiles(issued),
  ];
}
