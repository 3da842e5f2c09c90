import type { Pod } from '../../../../../shared/api/kinds.ts';
import type { StateView } from '../../../../../shared/view/rows.ts';
import type { ContainerView } from './container-view.ts';
import type { Terminated } from './exit-code.ts';

/** One thing that is wrong, with what was said about it. */
export interface Finding {
  /** Container, or empty for the pod as a whole. */
  container: string;
  /** Upstream's term: CrashLoopBackOff, Unschedulable. */
  word: string;
  /** Verbatim: of the registry, the runtime, the scheduler. */
  said?: string;
  /** How the last run ended. */
  end?: Terminated;
  /** Ms since the epoch. */
  nextTryAt?: number;
  /** The log of the run that ended can be read as the previous one. */
  hasPrevious: boolean;
}

export interface Why {
  /** A plain sentence. */
  sentence: string;
  findings: Finding[];
}

const SENTENCE: Record<string, string> = {
  CrashLoopBackOff: 'The container ends soon after it starts, so the kubelet waits longer before each further try.',
  ErrImagePull: 'The image could not be pulled.',
  ImagePullBackOff: 'The image could not be pulled; the kubelet waits before it tries again.',
  InvalidImageName: 'The name of the image is not one that an image can have.',
  ErrImageNeverPull: 'The image is not on the node, and the pod says never to pull it.',
  CreateContainerConfigError: 'A ConfigMap, Secret or setting that the container needs is missing.',
  CreateContainerError: 'The runtime refused to make the container.',
  RunContainerError: 'The container was made, but could not be started.',
  OOMKilled: 'It used more memory than its limit and was killed.',
  Error: 'The program ended with an error.',
  Unschedulable: 'No node fits this pod at present.',
};

/** Whether a pod is one whose page opens with "Why". */
const ASKS_WHY: ReadonlySet<StateView['kind']> = new Set(['failing', 'waiting', 'warning']);

/**
 * Why a pod is not well, from its own status; null for one that is. `state` is the row's, whose sentence is the
 * same that lists show.
 */
export function whyOf(pod: Pod, state: StateView, containers: readonly ContainerView[]): Why | null {
  if (!ASKS_WHY.has(state.kind)) return null;
  const findings = [...podFindings(pod), ...containers.filter(isUnwell).map(findingOf)];
  const word = findings[0]?.word ?? state.word;
  return {
    sentence: state.sentence ?? SENTENCE[word] ?? SENTENCE[state.word] ?? `The pod is ${state.word}.`,
    findings,
  };
}

function podFindings(pod: Pod): Finding[] {
  const findings: Finding[] = [];
  const scheduled = pod.status?.conditions?.find((condition) => condition.type === 'PodScheduled');
  if (scheduled?.status === 'False')
    findings.push({
      container: '',
      word: scheduled.reason ?? 'Unschedulable',
      ...(scheduled.message ? { said: scheduled.message } : {}),
      hasPrevious: false,
    });
  // Evicted, OutOfcpu, NodeAffinity: the pod as a whole was ended, and its status says by whom.
  if (pod.status?.reason)
    findings.push({
      container: '',
      word: pod.status.reason,
      ...(pod.status.message ? { said: pod.status.message } : {}),
      hasPrevious: false,
    });
  return findings;
}

const isUnwell = (view: ContainerView): boolean =>
  view.state.kind === 'failing' || (view.role !== 'init' && view.lastEnd !== undefined && !view.ready);

function findingOf(view: ContainerView): Finding {
  // Of a crash the kubelet's own "back-off 40s restarting …" tells nothing that the countdown does not.
  const said =
    view.state.word === 'CrashLoopBackOff' ? view.lastEnd?.message : (view.waitingMessage ?? view.lastEnd?.message);
  return {
    container: view.name,
    word: view.state.word,
    ...(said ? { said } : {}),
    ...(view.lastEnd ? { end: view.lastEnd } : {}),
    ...(view.nextTryAt === undefined ? {} : { nextTryAt: view.nextTryAt }),
    hasPrevious: view.hasPrevious,
  };
}

/** The earliest next try of any container, ms since the epoch. */
export function soonestTry(containers: readonly ContainerView[]): number | undefined {
  const due = containers.map((view) => view.nextTryAt).filter((at) => at !== undefined);
  return due.length > 0 ? Math.min(...due) : undefined;
}
