import type { ContainerInspectInfo } from 'dockerode';
import { LABELS } from './labels.ts';
import type { ObservedContainer, ObservedSandbox } from './observed.ts';

/** What Docker writes for a time that has not come. */
const ZERO_TIME = '0001-01-01T00:00:00Z';

const millis = (time: string): number | undefined => (time === ZERO_TIME || !time ? undefined : Date.parse(time));

/** Docker's inspection of an application container, in the kubelet's terms. */
export function toObservedContainer(info: ContainerInspectInfo): ObservedContainer {
  const { State: state, Config: config } = info;
  const labels = config.Labels;
  const createdAt = Date.parse(info.Created);
  // Docker leaves a container whose process could not be started in `created`, with the reason in Error.
  const failedToStart = state.Status === 'created' && state.Error !== '';
  const startedAt = failedToStart ? undefined : millis(state.StartedAt);
  const finishedAt = failedToStart ? createdAt : millis(state.FinishedAt);
  const running = state.Running;
  return {
    id: info.Id,
    name: labels[LABELS.containerName] ?? '',
    attempt: Number(labels[LABELS.restartCount] ?? 0),
    sandboxId: labels[LABELS.sandboxId] ?? '',
    state: running ? 'running' : state.Status === 'created' && !failedToStart ? 'created' : 'exited',
    createdAt,
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(running || finishedAt === undefined ? {} : { finishedAt }),
    exitCode: state.ExitCode,
    oomKilled: state.OOMKilled,
    ...(failedToStart ? { startError: state.Error } : {}),
    // Config.Image is the id the container was made from; the label keeps the words of the spec.
    image: labels[LABELS.image] ?? config.Image,
    imageId: info.Image,
    specHash: labels[LABELS.specHash] ?? '',
    pid: state.Pid,
    stopSignal: stopSignalOf(config) ?? 'SIGTERM',
    tty: config.Tty,
  };
}

/** Docker's inspection of a pause container. */
export function toObservedSandbox(info: ContainerInspectInfo): ObservedSandbox {
  const podIp = info.Config.Labels[LABELS.podIp];
  return {
    id: info.Id,
    attempt: Number(info.Config.Labels[LABELS.restartCount] ?? 0),
    running: info.State.Running,
    createdAt: Date.parse(info.Created),
    pid: info.State.Pid,
    ...(podIp ? { podIp } : {}),
  };
}

// The types of dockerode lack StopSignal, which the API has had since 1.9.
function stopSignalOf(config: object): string | undefined {
  return 'StopSignal' in config && typeof config.StopSignal === 'string' && config.StopSignal !== ''
    ? config.StopSignal
    : undefined;
}
