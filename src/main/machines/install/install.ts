import type { Container } from 'dockerode';
import type Docker from 'dockerode';
import { AGENT_CONTAINER, MACHINE_DIR } from '../../../shared/agent-config.ts';
import type { Clock } from '../../../shared/logger.ts';

import { removeContainer } from '../helper-container.ts';
import { statusCodeOf } from '../docker-error.ts';
import type { Host } from '../host.ts';
import { agentContainer, isCurrent } from './agent-container.ts';
import { agentConfig, agentFiles, type AgentSettings, type NodeCertificate } from './agent-files.ts';
import { archiveOf } from './archive.ts';
import { ensureImage, type ImageArtifact } from './images.ts';

export interface InstallInput {
  settings: AgentSettings;
  agentImage: ImageArtifact;
  pauseImage: ImageArtifact;
  /** The agent's program. */
  readBundle(): Promise<Buffer>;
  issueCertificate(): Promise<NodeCertificate>;
  mountShared: boolean;
}

export interface Installed {
  /** True when there was no agent of ours before: a failure after this takes everything away again. */
  fresh: boolean;
  /** True when the agent was (re)made; false when it was found as it should be. */
  changed: boolean;
  start(): Promise<void>;
}

/** Told as it goes: a sentence for the condition. */
export type Progress = (message: string) => void;

/**
 * Brings the machine's agent to what it should be, and stops short of starting it: the caller binds the API socket in
 * the folder made here first. Does nothing at all when the agent is already right, so that a re-join is cheap.
 */
export async function install(
  host: Host,
  input: InstallInput,
  deps: { clock: Clock },
  progress: Progress,
  signal: AbortSignal,
): Promise<Installed> {
  const docker = host.docker();
  await sendImages(docker, input, progress, signal);

  const config = agentConfig(input.settings);
  const wanted = agentContainer({ image: input.agentImage.reference, config, mountShared: input.mountShared });
  const existing = await inspect(docker);
  // One that was made but never started is what an attempt left that was cut off: its files may be missing.
  const complete = existing !== undefined && existing.status !== 'created';
  if (complete && isCurrent(existing.labels, wanted)) {
    return { fresh: false, changed: false, start: () => start(docker.getContainer(AGENT_CONTAINER)) };
  }
  progress(existing ? 'Replacing the agent.' : 'Creating the agent.');
  const [bundle, issued] = await Promise.all([input.readBundle(), input.issueCertificate()]);
  signal.throwIfAborted();
  if (existing) await removeContainer(docker, AGENT_CONTAINER);
  const container = await docker.createContainer(wanted);
  // Into the container that does not run yet: Docker writes through its mounts, as root, and makes the folders.
  await container.putArchive(await archiveOf(agentFiles(config, bundle, issued), new Date(deps.clock.now())), {
    path: MACHINE_DIR,
  });
  return { fresh: !complete, changed: true, start: () => start(container) };
}

async function sendImages(docker: Docker, input: InstallInput, progress: Progress, signal: AbortSignal): Promise<void> {
  const megabytes = (bytes: number): number => Math.round(bytes / 1e6);
  for (const [what, artifact] of [
    ['agent', input.agentImage],
    ['pause', input.pauseImage],
  ] as const) {
    await ensureImage(
      docker,
      artifact,
      (sent, total) => progress(`Sending the ${what} image, ${megabytes(sent)} of ${megabytes(total)} MB.`),
      signal,
    );
  }
}

async function inspect(docker: Docker): Promise<{ labels: Record<string, string>; status: string } | undefined> {
  try {
    const found = await docker.getContainer(AGENT_CONTAINER).inspect();
    return { labels: found.Config.Labels, status: found.State.Status };
  } catch (error) {
    if (statusCodeOf(error) === 404) return undefined;
    throw error;
  }
}

async function start(container: Container): Promise<void> {
  try {
    await container.start();
  } catch (error) {
    // Docker answers 304 for a container that already runs.
    if (statusCodeOf(error) !== 304) throw error;
  }
}
