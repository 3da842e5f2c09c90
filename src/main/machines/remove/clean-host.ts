import type Docker from 'dockerode';
import { AGENT_CONTAINER, CONTAINER_LABELS } from '../../../shared/agent-config.ts';
import { messageOf } from '../../../shared/api/errors.ts';
import { statusCodeOf } from '../docker-error.ts';
import { ofCluster } from '../footprint.ts';
import { removeContainer, runHelper } from '../helper-container.ts';
import { ensureImage, type ImageArtifact } from '../install/images.ts';
import type { Progress } from '../install/install.ts';
import { cleanScript, leftIn } from './clean-script.ts';

export interface CleanInput {
  clusterId: string;
  podCidr: string;
  agentImage: ImageArtifact;
  pauseImage: ImageArtifact;
  /** Images stay after a failed join, so that the next attempt need not send them again. */
  keepImages: boolean;
}

/** Pod containers are removed a few at a time: a removal keeps a disk busy. */
const PARALLEL_REMOVALS = 4;

/**
 * Takes everything of this cluster away from the machine: the agent first, so that it restarts nothing, then pods'
 * containers, then rules, links, mounts and the folder. Idempotent. Returns what is still there, in words; empty is success.
 */
export async function cleanHost(
  docker: Docker,
  input: CleanInput,
  progress: Progress,
  signal: AbortSignal,
): Promise<string[]> {
  progress('Stopping the agent.');
  await removeContainer(docker, AGENT_CONTAINER);
  await removeContainers(docker, input.clusterId, progress, signal);
  // The helper needs the image; someone may have pruned it.
  await ensureImage(docker, input.agentImage, () => undefined, signal);
  progress('Removing network rules and files.');
  const { code, output } = await runHelper(
    docker,
    input.agentImage.reference,
    input.clusterId,
    cleanScript(input.podCidr),
  );
  if (code !== 0) throw new Error(`the clean-up script ended with ${code}: ${output.slice(-1000)}`);
  const containers = await ourContainers(docker, input.clusterId);
  const left = [...containers.map(({ name }) => `container ${name}`), ...leftIn(output)];
  if (!input.keepImages) left.push(...(await removeImages(docker, input)));
  return left;
}

async function ourContainers(docker: Docker, clusterId: string): Promise<{ id: string; name: string; role: string }[]> {
  const found = await docker.listContainers({ all: true, filters: ofCluster(clusterId) });
  return found.map((container) => ({
    id: container.Id,
    name: (container.Names[0] ?? container.Id).replace(/^\//, ''),
    role: container.Labels[CONTAINER_LABELS.role] ?? '',
  }));
}

async function removeContainers(
  docker: Docker,
  clusterId: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const found = await ourContainers(docker, clusterId);
  // Sandboxes last: the containers in them use their network.
  const order = [...found.filter(({ role }) => role !== 'sandbox'), ...found.filter(({ role }) => role === 'sandbox')];
  let done = 0;
  const work = async (): Promise<void> => {
    for (let next = order.shift(); next; next = order.shift()) {
      signal.throwIfAborted();
      await removeContainer(docker, next.id);
      done += 1;
      progress(`Removing containers, ${done} of ${found.length}.`);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_REMOVALS }, work));
}

/** Only our own two images: what pods pulled may be in use by others. */
async function removeImages(docker: Docker, input: CleanInput): Promise<string[]> {
  const left: string[] = [];
  for (const { reference } of [input.agentImage, input.pauseImage]) {
    try {
      await docker.getImage(reference).remove();
    } catch (error) {
      if (statusCodeOf(error) !== 404) left.push(`image ${reference} (${messageOf(error)})`);
    }
  }
  return left;
}
