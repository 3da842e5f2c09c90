import type Docker from 'dockerode';
import { CONTAINER_LABELS } from '../../shared/agent-config.ts';
import { demultiplex } from './docker-logs.ts';
import { statusCodeOf } from './docker-error.ts';
import { HELPER_CONTAINER } from './footprint.ts';

export interface HelperResult {
  code: number;
  output: string;
}

/** Removes a container however it is; none there is fine. */
export async function removeContainer(docker: Docker, nameOrId: string): Promise<void> {
  try {
    await docker.getContainer(nameOrId).remove({ force: true, v: true });
  } catch (error) {
    // 404: none there. 409: its removal is already under way.
    const code = statusCodeOf(error);
    if (code !== 404 && code !== 409) throw error;
  }
}

/**
 * Runs a shell script as root in the host's own network and process namespaces, by a short-lived privileged container
 * from the agent image: the rights come from Docker, so that no sudo is needed.
 */
export async function runHelper(
  docker: Docker,
  image: string,
  clusterId: string,
  script: string,
): Promise<HelperResult> {
  await removeContainer(docker, HELPER_CONTAINER);
  const container = await docker.createContainer({
    name: HELPER_CONTAINER,
    Image: image,
    Entrypoint: ['busybox', 'sh', '-c', script],
    Cmd: [],
    Labels: { [CONTAINER_LABELS.cluster]: clusterId, [CONTAINER_LABELS.role]: 'helper' },
    HostConfig: { Privileged: true, NetworkMode: 'host', PidMode: 'host' },
  });
  try {
    await container.start();
    const { StatusCode: code } = (await container.wait()) as { StatusCode: number };
    return { code, output: demultiplex(await container.logs({ stdout: true, stderr: true })) };
  } finally {
    await removeContainer(docker, container.id);
  }
}
