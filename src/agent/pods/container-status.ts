import type { Container, ContainerStatus, Pod } from '../../shared/api/kinds.ts';
import { currentOf, previousOf, type ObservedContainer, type ObservedPod } from '../runtime/observed.ts';
import { isEphemeral } from './pod-containers.ts';
import { isSidecar, mayRestart } from './restart-policy.ts';

/** Why a container that should run does not, in the words of its status (kubelet's reason cache). */
export interface WaitingReason {
  reason: string;
  message: string;
}

export interface ContainerStatusInput {
  pod: Pod;
  observed: ObservedPod;
  /** By container name: what stands in the way of those that should run. */
  waiting: ReadonlyMap<string, WaitingReason>;
  started: ReadonlySet<string>;
  ready: ReadonlySet<string>;
  /** Termination messages by container id. */
  messages: ReadonlyMap<string, string>;
  /** Repository digest, or the id, of an image id. */
  imageRef: (imageId: string) => string;
}

type ContainerState = NonNullable<ContainerStatus['state']>;

/** `2026-01-01T00:00:00Z`: metav1.Time has whole seconds. */
export const kubeTime = (milliseconds: number): string => new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');

/** The status of each of the containers, in the order of the spec (kubelet_pods.go convertToAPIContainerStatuses). */
export function containerStatuses(
  input: ContainerStatusInput,
  containers: Container[],
  previous: ContainerStatus[],
  options: { init: boolean },
): ContainerStatus[] {
  const hasInit = (input.pod.spec?.initContainers ?? []).length > 0;
  const idle: ContainerState = { waiting: { reason: hasInit ? 'PodInitializing' : 'ContainerCreating' } };
  return containers.map((container) => {
    const before = previous.find((status) => status.name === container.name);
    const current = currentOf(input.observed, container.name);
    const status = current
      ? observedStatus(input, container, current)
      : absentStatus(input.pod, container, before, options.init && !hasInit ? {} : idle);
    const reason = input.waiting.get(container.name);
    const finished = options.init && !isSidecar(container) && current?.state === 'exited' && current.exitCode === 0;
    if (!reason || finished || !mayRestart(input.pod, container, current)) return status;
    return {
      ...status,
      ...(status.state?.terminated ? { lastState: status.state } : {}),
      state: { waiting: reason.message ? { ...reason } : { reason: reason.reason } },
    };
  });
}

function observedStatus(
  input: ContainerStatusInput,
  container: Container,
  current: ObservedContainer,
): ContainerStatus {
  const previous = previousOf(input.observed, container.name);
  const isInit = (input.pod.spec?.initContainers ?? []).includes(container) && !isSidecar(container);
  const initDone = isInit && current.state === 'exited' && current.exitCode === 0;
  return {
    name: container.name,
    state: stateOf(current, input.messages.get(current.id)),
    lastState: previous?.state === 'exited' ? stateOf(previous, input.messages.get(previous.id)) : {},
    ready: initDone || (current.state === 'running' && input.ready.has(current.id)),
    restartCount: current.attempt,
    image: current.image,
    imageID: input.imageRef(current.imageId),
    containerID: `docker://${current.id}`,
    // Nothing waits for an ephemeral container, so nothing is said about it.
    ...(isEphemeral(input.pod, container.name)
      ? {}
      : { started: current.state === 'running' && input.started.has(current.id) }),
    ...(container.resources ? { resources: container.resources } : {}),
  };
}

/** A container that was never made, or whose remains somebody removed. */
function absentStatus(
  pod: Pod,
  container: Container,
  before: ContainerStatus | undefined,
  idle: ContainerState,
): ContainerStatus {
  const fresh = {
    name: container.name,
    state: idle,
    lastState: before?.lastState ?? {},
    ready: false,
    restartCount: before?.restartCount ?? 0,
    image: container.image ?? '',
    imageID: before?.imageID ?? '',
    ...(isEphemeral(pod, container.name) ? {} : { started: false }),
  };
  if (before?.state?.terminated) return { ...fresh, lastState: before.state };
  if (!before?.state?.running) return fresh;
  const terminated = {
    reason: 'ContainerStatusUnknown',
    message: 'The container could not be located when the pod was terminated',
    exitCode: 137,
    startedAt: before.state.running.startedAt ?? kubeTime(0),
    finishedAt: before.state.running.startedAt ?? kubeTime(0),
  };
  return { ...fresh, lastState: { terminated } };
}

function stateOf(container: ObservedContainer, message: string | undefined): ContainerState {
  if (container.state === 'running')
    return { running: { startedAt: kubeTime(container.startedAt ?? container.createdAt) } };
  if (container.state === 'created') return { waiting: { reason: 'ContainerCreating' } };
  const finishedAt = kubeTime(container.finishedAt ?? container.createdAt);
  const containerID = `docker://${container.id}`;
  if (container.startError !== undefined) {
    // What containerd's CRI reports of a process that could not be started; Docker's own code (126, 127) is in no API.
    const failure = { reason: 'StartError', message: container.startError, exitCode: 128 };
    return { terminated: { ...failure, startedAt: kubeTime(0), finishedAt, containerID } };
  }
  return {
    terminated: {
      exitCode: container.exitCode,
      reason: container.oomKilled ? 'OOMKilled' : container.exitCode === 0 ? 'Completed' : 'Error',
      ...(message ? { message } : {}),
      startedAt: kubeTime(container.startedAt ?? container.createdAt),
      finishedAt,
      containerID,
    },
  };
}
