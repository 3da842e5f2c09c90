import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../shared/api/errors.ts';
import type { Container, Pod } from '../../shared/api/kinds.ts';
import { containerSpec, podHostname } from '../runtime/container-spec.ts';
import { dockerMessage, isDockerDown } from '../runtime/docker-error.ts';
import type { LocalImage } from '../runtime/image-store.ts';
import { currentOf, type ObservedSandbox } from '../runtime/observed.ts';
import { oomScoreAdj } from '../runtime/resources.ts';
import { nonRootViolation, seccompProfileOf } from '../runtime/security.ts';
import { hostNetworkHostsFile, hostsFile } from '../volumes/hosts-file.ts';
import { MACHINE_ROOT } from '../volumes/host-path.ts';
import type { PodDirectory } from '../volumes/pod-directory.ts';
import { containerMounts, MountError } from '../volumes/volume-setup.ts';
import { writeAtomic } from '../state/atomic-file.ts';
import { ConfigError } from './config-error.ts';
import { environment, type EnvironmentVariable } from './environment.ts';
import { expand } from './expansion.ts';
import type { Surroundings } from './field-ref.ts';
import { targetOf } from './pod-containers.ts';
import { serviceEnvironment } from './service-environment.ts';
import { StartFailure, type StartOutcome, type WorkerDeps } from './worker-deps.ts';

export interface StartRequest {
  pod: Pod;
  container: Container;
  attempt: number;
  sandbox: ObservedSandbox;
  directory: PodDirectory;
}

/** Only a change of what it refers to can help; looked at again this often. */
const RECHECK_MS = 10_000;

/**
 * Pulls, configures, creates and starts one container (kuberuntime_container.go startContainer), with upstream's events.
 * Returns what stands in the way instead of throwing; throws only when Docker itself cannot be reached.
 */
export async function startContainer(deps: WorkerDeps, request: StartRequest): Promise<StartOutcome> {
  const { pod, container } = request;
  const outcome = await deps.puller.ensure(pod, container);
  if (outcome.kind !== 'ready') return outcome;
  const { mismatch } = outcome.image;
  if (mismatch) {
    // Started all the same: the machine may have an emulator.
    deps.events.podEvent(pod, 'Warning', 'Failed', `Image "${container.image}": ${mismatch}`, container);
  }
  try {
    const id = await createAndStart(deps, request, outcome.image);
    deps.events.podEvent(pod, 'Normal', 'Started', `Started container ${container.name}`, container);
    return { kind: 'started', id };
  } catch (error) {
    if (!(error instanceof StartFailure)) throw error;
    deps.events.podEvent(pod, 'Warning', 'Failed', `Error: ${error.message}`, container);
    return { kind: 'refused', reason: error.reason, message: error.message, retryAt: deps.clock.now() + RECHECK_MS };
  }
}

async function createAndStart(deps: WorkerDeps, request: StartRequest, image: LocalImage): Promise<string> {
  const { pod, container } = request;
  const spec = await configure(deps, request, image);
  let created = false;
  try {
    return await deps.runtime.createAndStart(spec, () => {
      created = true;
      deps.events.podEvent(pod, 'Normal', 'Created', `Created container: ${container.name}`, container);
    });
  } catch (error) {
    if (isDockerDown(error)) throw error;
    throw new StartFailure(created ? 'RunContainerError' : 'CreateContainerError', dockerMessage(error), {
      cause: error,
    });
  }
}

async function configure(
  deps: WorkerDeps,
  request: StartRequest,
  image: LocalImage,
): Promise<ReturnType<typeof containerSpec>> {
  const { pod, container, sandbox, directory } = request;
  const around = surroundings(deps, pod, sandbox);
  try {
    const objects = await deps.objects.referenced(pod);
    const volumePaths = await deps.volumes.setUp(pod, directory, objects, around);
    await writeHostsFile(pod, directory, around.podIp ?? '');
    const env = environment(pod, container, objects, around, serviceEnvironment(pod, deps.services.services));
    const variables = new Map(env.map(({ name, value }) => [name, value]));
    const targetId = await targetContainer(deps, pod, container);
    const violation = nonRootViolation(pod, container, image.user);
    if (violation) throw new ConfigError(violation);
    const mounts = await containerMounts({
      container,
      volumePaths,
      variables,
      hostsFile: directory.hostsFile,
      terminationLog: directory.terminationLog(container.name, request.attempt),
    });
    return containerSpec({
      pod,
      container,
      clusterId: deps.clusterId,
      attempt: request.attempt,
      sandboxId: sandbox.id,
      ...(targetId === undefined ? {} : { targetId }),
      imageRef: image.id,
      imageUser: image.user,
      ...(await localSeccompProfile(pod, container)),
      env: withHostname(pod, env),
      mounts,
      oomScoreAdj: oomScoreAdj(pod, container, deps.machine.memoryCapacityBytes),
      command: container.command?.map((part) => expand(part, variables)),
      args: container.args?.map((part) => expand(part, variables)),
    });
  } catch (error) {
    if (error instanceof MountError) deps.events.podEvent(pod, 'Warning', 'FailedMount', error.message);
    throw new StartFailure('CreateContainerConfigError', messageOf(error), { cause: error });
  }
}

/** Where the kubelet looks for seccomp profiles of the machine (its root directory, `seccomp`). */
const SECCOMP_ROOT = `${MACHINE_ROOT}/var/lib/kubelet/seccomp`;

async function localSeccompProfile(pod: Pod, container: Container): Promise<{ seccompProfile?: string }> {
  const profile = seccompProfileOf(pod, container);
  if (profile?.type !== 'Localhost') return {};
  const file = join(SECCOMP_ROOT, profile.localhostProfile ?? '');
  // The API lets no `..` through; the machine's files are not for a pod to name all the same.
  if (!file.startsWith(`${SECCOMP_ROOT}/`))
    throw new ConfigError(`invalid seccomp profile "${profile.localhostProfile}"`);
  try {
    return { seccompProfile: JSON.stringify(JSON.parse(await readFile(file, 'utf8'))) };
  } catch (error) {
    throw new ConfigError(`cannot load seccomp profile "${profile.localhostProfile}": ${messageOf(error)}`);
  }
}

/** The container whose processes an ephemeral one is to see; undefined when it names none. */
async function targetContainer(deps: WorkerDeps, pod: Pod, container: Container): Promise<string | undefined> {
  const name = targetOf(pod, container.name);
  if (name === undefined) return undefined;
  const observed = await deps.runtime.observe(pod.metadata?.uid ?? '');
  const target = observed && currentOf(observed, name);
  if (!target) throw new ConfigError(`unable to find target container ${name}`);
  return target.id;
}

/** What a pod in this sandbox is told about where it runs. */
export function surroundings(deps: WorkerDeps, pod: Pod, sandbox: ObservedSandbox | undefined): Surroundings {
  const { hostIp, allocatable } = deps.machine;
  return { podIp: pod.spec?.hostNetwork ? hostIp : sandbox?.podIp, hostIp, allocatable };
}

async function writeHostsFile(pod: Pod, directory: PodDirectory, podIp: string): Promise<void> {
  const content = pod.spec?.hostNetwork
    ? hostNetworkHostsFile(pod, await readFile(`${MACHINE_ROOT}/etc/hosts`, 'utf8'))
    : hostsFile(pod, podIp);
  // Running containers have this very file mounted: replacing it would leave them with the old one.
  const current = await readFile(directory.hostsFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (current === undefined) await writeAtomic(directory.hostsFile, content);
}

/** What a shell and many a program take for the name of the machine; the pod's own word for it counts more. */
const withHostname = (pod: Pod, env: EnvironmentVariable[]): EnvironmentVariable[] =>
  pod.spec?.hostNetwork || env.some(({ name }) => name === 'HOSTNAME')
    ? env
    : [...env, { name: 'HOSTNAME', value: podHostname(pod) }];
