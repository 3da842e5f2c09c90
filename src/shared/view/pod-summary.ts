import type { ContainerStatus, Pod } from '../api/kinds.ts';

/** READY, STATUS and RESTARTS of `kubectl get pods` (upstream pkg/printers/internalversion printPod). */
export interface PodSummary {
  ready: number;
  total: number;
  status: string;
  restarts: number;
  /** ISO time at which a container last ended before a restart. */
  lastRestart?: string;
}

type ContainerState = NonNullable<ContainerStatus['state']>;
type Terminated = NonNullable<ContainerState['terminated']>;

/** What `kubectl get pods` says of the pod. */
export function summarizePod(pod: Pod): PodSummary {
  const sidecars = sidecarsOf(pod);
  const initStatuses = pod.status?.initContainerStatuses ?? [];
  const statuses = pod.status?.containerStatuses ?? [];
  const init = initTrouble(pod, sidecars);
  const initialized = init === undefined || hasTrueCondition(pod, 'Initialized');
  const counted = initialized ? [...initStatuses.filter(({ name }) => sidecars.has(name)), ...statuses] : initStatuses;
  const lastRestart = latest(counted.map(({ lastState }) => lastState?.terminated?.finishedAt));
  const readySidecars = initStatuses.filter(({ name, ready, started }) => sidecars.has(name) && started && ready);
  const readyMain = initialized ? statuses.filter(({ ready, state }) => ready && state?.running) : [];
  return {
    ready: readySidecars.length + readyMain.length,
    total: (pod.spec?.containers?.length ?? 0) + sidecars.size,
    status: whenDeleted(pod, initialized ? mainStatus(pod, init ?? phaseReason(pod)) : init),
    restarts: counted.reduce((sum, { restartCount }) => sum + restartCount, 0),
    ...(lastRestart === undefined ? {} : { lastRestart }),
  };
}

/** Init containers that run beside the others (restartPolicy Always). */
export function sidecarsOf(pod: Pod): ReadonlySet<string> {
  const all = pod.spec?.initContainers ?? [];
  return new Set(all.filter(({ restartPolicy }) => restartPolicy === 'Always').map(({ name }) => name));
}

function phaseReason(pod: Pod): string {
  const scheduled = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.reason === 'SchedulingGated') return 'SchedulingGated';
  return pod.status?.reason || (pod.status?.phase ?? 'Unknown');
}

/** `Init:0/2`, `Init:CrashLoopBackOff`: the first init container that has not done its part. */
function initTrouble(pod: Pod, sidecars: ReadonlySet<string>): string | undefined {
  const statuses = pod.status?.initContainerStatuses ?? [];
  const at = statuses.findIndex(
    ({ name, state, started }) => state?.terminated?.exitCode !== 0 && !(sidecars.has(name) && started),
  );
  const state = statuses[at]?.state;
  if (at < 0) return undefined;
  if (state?.terminated) return `Init:${terminationReason(state.terminated)}`;
  const waiting = state?.waiting?.reason;
  const named = waiting && waiting !== 'PodInitializing';
  return `Init:${named ? waiting : `${at}/${pod.spec?.initContainers?.length ?? 0}`}`;
}

/** The first container's trouble names the pod's. */
function mainStatus(pod: Pod, otherwise: string): string {
  let word = otherwise;
  let running = false;
  for (const { state, ready } of (pod.status?.containerStatuses ?? []).toReversed()) {
    if (state?.waiting?.reason) word = state.waiting.reason;
    else if (state?.terminated) word = terminationReason(state.terminated);
    else if (ready && state?.running) running = true;
  }
  if (word !== 'Completed' || !running) return word;
  return hasTrueCondition(pod, 'Ready') ? 'Running' : 'NotReady';
}

function whenDeleted(pod: Pod, word: string): string {
  if (!pod.metadata?.deletionTimestamp) return word;
  if (pod.status?.reason === 'NodeLost') return 'Unknown';
  const ended = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
  return ended ? word : 'Terminating';
}

const terminationReason = ({ reason, signal, exitCode }: Terminated): string =>
  reason || (signal ? `Signal:${signal}` : `ExitCode:${exitCode}`);

const hasTrueCondition = (pod: Pod, type: string): boolean =>
  pod.status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false;

const latest = (times: (string | undefined)[]): string | undefined =>
  times.reduce((a, b) => (a === undefined || (b !== undefined && b > a) ? b : a), undefined);
