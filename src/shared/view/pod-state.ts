import type { ContainerStatus, Pod } from '../api/kinds.ts';
import type { PodSummary } from './pod-summary.ts';
import type { StateKind, StateView } from './rows.ts';

/** The state of a pod in the app's grammar: kubectl's word, and a sentence with the facts the pod itself carries. */
export function podState(pod: Pod, summary: PodSummary): StateView {
  const word = summary.status;
  const [prefix, rest] = word.startsWith('Init:') ? ['Init:', word.slice(5)] : ['', word];
  if (prefix !== '') {
    const [done, all] = rest.split('/').map(Number);
    if (done !== undefined && all !== undefined)
      return {
        kind: 'working',
        word,
        sentence: `Preparing: ${done} of ${all} init containers are done.`,
        progress: done / all,
      };
  }
  if (word === 'Running') return running(summary);
  if (word === 'Pending') return pending(pod);
  const known = STATES[rest] ?? STATES[rest.replace(/:.*/, '')];
  if (!known) return { kind: pod.status?.phase === 'Failed' ? 'failing' : 'unknown', word };
  const sentence = known.say(pod, culprit(pod, rest));
  return { kind: known.kind, word, ...(sentence ? { sentence } : {}) };
}

function running({ ready, total, restarts }: PodSummary): StateView {
  if (ready >= total) return { kind: 'healthy', word: 'Running' };
  const sentence = `${ready} of ${total} containers are ready.`;
  // A container that has been restarted and is not ready is in trouble; one that has just started is on its way.
  return restarts > 0
    ? { kind: 'warning', word: 'Running', sentence }
    : { kind: 'working', word: 'Running', sentence, progress: total === 0 ? 0 : ready / total };
}

function pending(pod: Pod): StateView {
  const word = 'Pending';
  const scheduled = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False')
    return { kind: 'waiting', word, sentence: withDetail('No node can take it', scheduled.message) };
  return pod.spec?.nodeName
    ? { kind: 'working', word, sentence: `Assigned to ${pod.spec.nodeName}, which has not started it yet.` }
    : { kind: 'working', word, sentence: 'Waiting to be assigned to a node.' };
}

/** The container whose state gave the pod its word. */
function culprit(pod: Pod, reason: string): ContainerStatus | undefined {
  const all = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  return all.find(({ state }) => {
    const { waiting, terminated } = state ?? {};
    const ended = terminated && (terminated.reason || `ExitCode:${terminated.exitCode}`);
    return waiting?.reason === reason || ended === reason;
  });
}

interface KnownState {
  kind: StateKind;
  say(pod: Pod, container: ContainerStatus | undefined): string | undefined;
}

const failing = (say: KnownState['say']): KnownState => ({ kind: 'failing', say });
const working = (sentence: string): KnownState => ({ kind: 'working', say: () => sentence });

const CANNOT_PULL = failing((_pod, container) =>
  withDetail(`The image ${container?.image ?? ''} cannot be pulled`, container?.state?.waiting?.message),
);
const CONFIG = failing((_pod, container) =>
  withDetail('It refers to something that is not there', container?.state?.waiting?.message),
);
const CANNOT_START = failing((_pod, container) =>
  withDetail(
    'The container cannot be started',
    container?.state?.waiting?.message ?? container?.lastState?.terminated?.message,
  ),
);
const ENDED = failing((_pod, container) => {
  const exitCode = container?.state?.terminated?.exitCode;
  return exitCode === undefined ? undefined : `The container ${container?.name ?? ''} ended ${exitWords(exitCode)}.`;
});

/** Upstream's reasons (kubelet container and image errors, pod phases and reasons) and what they mean. */
const STATES: Partial<Record<string, KnownState>> = {
  ContainerCreating: working('The node is preparing its network, volumes and images.'),
  PodInitializing: working('Its init containers are done; the others are starting.'),
  Terminating: working('Shutting down.'),
  SchedulingGated: { kind: 'waiting', say: () => 'Held back by a scheduling gate until its owner removes it.' },
  Completed: { kind: 'healthy', say: () => 'Ran to its end.' },
  Succeeded: { kind: 'healthy', say: () => 'Ran to its end.' },
  NotReady: { kind: 'warning', say: () => 'One of its containers has ended.' },
  Unknown: { kind: 'unknown', say: () => 'Its node has not been heard from.' },
  NodeLost: { kind: 'unknown', say: () => 'Its node has not been heard from.' },
  ContainerStatusUnknown: { kind: 'unknown', say: () => 'The node no longer knows how the container ended.' },
  CrashLoopBackOff: failing((_pod, container) => crashWords(container)),
  OOMKilled: failing(
    (pod, container) => `It used more memory than ${limitWords(pod, container?.name)} and was killed.`,
  ),
  Error: ENDED,
  ExitCode: ENDED,
  Signal: ENDED,
  StartError: failing((_pod, container) =>
    withDetail('The container cannot be started', container?.state?.terminated?.message),
  ),
  ContainerCannotRun: failing((_pod, container) =>
    withDetail('The container cannot be started', container?.state?.terminated?.message),
  ),
  ErrImagePull: CANNOT_PULL,
  ImagePullBackOff: CANNOT_PULL,
  ErrImageNeverPull: failing(
    (_pod, container) => `The image ${container?.image ?? ''} is not on the node, and its pull policy is Never.`,
  ),
  InvalidImageName: failing((_pod, container) => `${container?.image || 'The image'} is not a valid image name.`),
  ImageInspectError: CANNOT_PULL,
  RegistryUnavailable: CANNOT_PULL,
  CreateContainerConfigError: CONFIG,
  CreateContainerError: CANNOT_START,
  RunContainerError: CANNOT_START,
  PreStartHookError: CANNOT_START,
  PostStartHookError: CANNOT_START,
  Failed: failing((pod) => pod.status?.message),
  Evicted: failing((pod) => withDetail('Removed from its node', pod.status?.message)),
  DeadlineExceeded: failing(() => 'It was active longer than its deadline allows.'),
  NodeAffinity: failing((pod) => withDetail('Its node no longer fits it', pod.status?.message)),
  Shutdown: failing(() => 'Its node was shut down.'),
};

/** Why it keeps ending, from the run before. */
function crashWords(container: ContainerStatus | undefined): string {
  const last = container?.lastState?.terminated;
  if (last?.reason === 'OOMKilled')
    return 'It runs out of memory each time it starts; it is tried again after a pause.';
  if (!last) return 'The container ends again and again; it is tried again after a pause.';
  const seconds =
    last.startedAt && last.finishedAt ? (Date.parse(last.finishedAt) - Date.parse(last.startedAt)) / 1000 : undefined;
  const when =
    seconds === undefined ? '' : seconds < 2 ? ' right after it starts' : ` ${Math.round(seconds)} s after it starts`;
  return `The container ${container.name} ends${when} ${exitWords(last.exitCode)}; it is tried again after a pause.`;
}

/** What an exit code says by convention (POSIX shells: 126, 127, 128 + signal). */
function exitWords(exitCode: number): string {
  if (exitCode === 0) return 'as if its work were done (exit code 0)';
  if (exitCode === 126) return 'with exit code 126: its command cannot be executed';
  if (exitCode === 127) return 'with exit code 127: its command was not found';
  if (exitCode === 137) return 'with exit code 137: it was killed';
  if (exitCode === 139) return 'with exit code 139: it crashed with a segmentation fault';
  if (exitCode === 143) return 'with exit code 143: it was asked to stop';
  return `with exit code ${exitCode}`;
}

function limitWords(pod: Pod, container: string | undefined): string {
  const spec = pod.spec?.containers?.find(({ name }) => name === container);
  const limit = spec?.resources?.limits?.['memory'];
  return limit ? `its limit of ${limit}` : 'the machine could give';
}

function withDetail(text: string, detail: string | undefined): string {
  const said = detail?.trim();
  return said ? `${text}: ${said}` : `${text}.`;
}
