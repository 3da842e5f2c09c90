import { createHash } from 'node:crypto';
import type { ContainerCreateOptions } from 'dockerode';
import { AGENT_CONTAINER, CONTAINER_LABELS, MACHINE_DIR, type AgentConfig } from '../../../shared/agent-config.ts';
import { PATHS } from '../footprint.ts';
import { DOCKER_SOCKET } from '../host.ts';

/** Says which configuration, bundle and image a container was made for: another one means making it anew. */
export const SPEC_HASH_LABEL = 'wheelhouse.dev/spec-hash';

export interface AgentContainerInput {
  image: string;
  config: AgentConfig;
  /** Whether the file system below MACHINE_DIR lets mounts through (a mount namespace of systemd's making does). */
  mountShared: boolean;
}

/**
 * The agent's container: as privileged as a kubelet, on the host's network and processes. Of all our containers only
 * this one is restarted by Docker itself, so that a machine that was switched off comes back without us.
 */
export function agentContainer(input: AgentContainerInput): ContainerCreateOptions & { name: string } {
  const { image, config, mountShared } = input;
  // Without a shared mount Docker refuses `rshared`; what is then mounted inside the agent stays invisible to pods.
  const propagation = mountShared ? ':rshared' : '';
  const options: ContainerCreateOptions & { name: string } = {
    name: AGENT_CONTAINER,
    Image: image,
    Cmd: [PATHS.bundle, '--config', PATHS.config],
    Labels: {
      [CONTAINER_LABELS.cluster]: config.clusterId,
      [CONTAINER_LABELS.role]: 'agent',
    },
    HostConfig: {
      Privileged: true,
      NetworkMode: 'host',
      PidMode: 'host',
      // Not `unless-stopped`: after a crash of dockerd that leaves the agent down (docs/adr/0002).
      RestartPolicy: { Name: 'always' },
      Binds: [`${MACHINE_DIR}:${MACHINE_DIR}${propagation}`, `${DOCKER_SOCKET}:${DOCKER_SOCKET}`],
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
    },
  };
  const hash = createHash('sha256')
    .update(JSON.stringify([options, config]))
    .digest('hex')
    .slice(0, 16);
  return { ...options, Labels: { ...options.Labels, [SPEC_HASH_LABEL]: hash } };
}

/** Whether the container that is there (by its labels) is the one wanted. */
export function isCurrent(labels: Record<string, string> | undefined, wanted: ContainerCreateOptions): boolean {
  return labels?.[SPEC_HASH_LABEL] === wanted.Labels?.[SPEC_HASH_LABEL];
}
