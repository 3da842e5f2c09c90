import type { ContainerStatus, Pod } from '../../../shared/api/kinds.ts';
import { printAge } from './age.ts';

/** What `kubectl get pods` says of a pod: READY, STATUS and RESTARTS (pkg/printers/internalversion printPod). */
export interface PodSummary {
  ready: number;
  total: number;
  status: string;
  restarts: number;
  /** When a container last ended before a restart; undefined when none did. */
  lastRestart: string | undefined;
}

type ContainerState = NonNullable<ContainerStatus['state']>;
type Terminated = NonNullable<ContainerState['terminated']>;

export function summarizePod(pod: Pod): PodSummary {
  const sidecars = new Set(
    (pod.spec?.initContainers ?? []).flatMap(({ name, restartPolicy }) => (restartPolicy === 'Always' ? [name] : [])),
  );
  const init = summarizeInitContainers(pod, sidecars);
  const summary: PodSummary = {
    ready: init.ready,
    total: (pod.spec?.containers?.length ?? 0) + sidecars.size,
    status: init.reason ?? phaseReason(pod),
    restarts: init.restarts,
    lastRestart: init.lastRestart,
  };
  if (init.reason === undefined || hasTrueCondition(pod, 'Initialized')) addContainers(summary, pod, sidecars);
  if (pod.metadata?.deletionTimestamp) {
    const phase = pod.status?.phase;
    if (pod.status?.reason === 'NodeLost') summary.status = 'Unknown';
    else if (phase !== 'Succeeded' && phase !== 'Failed') summary.status = 'Terminating';
  }
  return summary;
}

/** `3 (5m ago)` */
export function printRestarts({ restarts, lastRestart }: PodSummary, now: number): string {
  return restarts !== 0 && lastRestart ? `${restarts} (${printAge(lastRestart, now)} ago)` : String(restarts);
}

function phaseReason(pod: Pod): string {
  const gated = pod.status?.conditions?.some(
    ({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated',
  );
  if (gated) return 'SchedulingGated';
  return pod.status?.reason || (pod.status?.phase ?? '');
}

const hasTrueCondition = (pod: Pod, type: string): boolean =>
  pod.status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false;

const later = (a: string | undefined, b: string | undefined): string | undefined =>
  a === undefined || (b !== undefined && b > a) ? b : a;

const endOfLastRun = (status: ContainerStatus): string | undefined => status.lastState?.terminated?.finishedAt;

function summarizeInitContainers(pod: Pod, sidecars: ReadonlySet<string>) {
  const result = {
    ready: 0,
    restarts: 0,
    lastRestart: undefined as string | undefined,
    reason: undefined as string | undefined,
  };
  for (const [index, status] of (pod.status?.initContainerStatuses ?? []).entries()) {
    result.restarts += status.restartCount;
    result.lastRestart = later(result.lastRestart, endOfLastRun(status));
    if (status.state?.terminated?.exitCode === 0) continue;
    if (sidecars.has(status.name) && status.started) {
      if (status.ready) result.ready += 1;
      continue;
    }
    result.reason = `Init:${initReason(status.state, index, pod.spec?.initContainers?.length ?? 0)}`;
    break;
  }
  return result;
}

function initReason(state: ContainerState | undefined, index: number, count: number): string {
  if (state?.terminated) return terminationReason(state.terminated);
  const waiting = state?.waiting?.reason;
  return waiting && waiting !== 'PodInitializing' ? waiting : `${index}/${count}`;
}

const terminationReason = ({ reason, signal, exitCode }: Terminated): string =>
  reason || (signal ? `Signal:${signal}` : `ExitCode:${exitCode}`);

/** Once initialised, only sidecars count among the init containers, and the last container's trouble names the pod's. */
function addContainers(summary: PodSummary, pod: Pod, sidecars: ReadonlySet<string>): void {
  const sidecarStatuses = (pod.status?.initContainerStatuses ?? []).filter(({ name }) => sidecars.has(name));
  const statuses = pod.status?.containerStatuses ?? [];
  summary.restarts = [...sidecarStatuses, ...statuses].reduce((sum, { restartCount }) => sum + restartCount, 0);
  summary.lastRestart = [...sidecarStatuses, ...statuses].map(endOfLastRun).reduce(later, undefined);
  let hasRunning = false;
  for (const { state, ready } of statuses.toReversed()) {
    if (state?.waiting?.reason) summary.status = state.waiting.reason;
    else if (state?.terminated) summary.status = terminationReason(state.terminated);
    else if (ready && state?.running) {
      hasRunning = true;
      summary.ready += 1;
    }
  }
  if (summary.status === 'Completed' && hasRunning) {
    summary.status = hasTrueCondition(pod, 'Ready') ? 'Running' : 'NotReady';
  }
}
