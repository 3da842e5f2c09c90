import type { ContainerStatus, Pod } from '../../shared/api/kinds.ts';
import type { PodPhase } from './phase.ts';
import { isSidecar } from './restart-policy.ts';

export type PodCondition = NonNullable<NonNullable<Pod['status']>['conditions']>[number];

/** Condition types the kubelet owns; all others are left as they are. */
export const OWNED_CONDITIONS: ReadonlySet<string> = new Set([
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
]);

export interface ConditionsInput {
  pod: Pod;
  phase: PodPhase;
  init: ContainerStatus[];
  main: ContainerStatus[];
  /** The sandbox runs and has its network. */
  sandboxReady: boolean;
  now: string;
}

type Verdict =
  { status: 'True' } | { status: 'False'; reason: string; message?: string } | { status: 'True'; reason: string };

/**
 * The pod's conditions in upstream's order (pkg/kubelet/status/generate.go), with the transition time of the API's
 * where the status is unchanged.
 */
export function podConditions(input: ConditionsInput): PodCondition[] {
  const { pod, now } = input;
  const containersReady = containersReadyVerdict(input);
  const verdicts: [string, Verdict][] = [
    ['PodReadyToStartContainers', { status: input.sandboxReady ? 'True' : 'False' } as Verdict],
    ['Initialized', initializedVerdict(input)],
    ['Ready', readyVerdict(pod, containersReady)],
    ['ContainersReady', containersReady],
    ['PodScheduled', { status: 'True' }],
  ];
  const before = pod.status?.conditions ?? [];
  const owned = verdicts.map(([type, verdict]): PodCondition => {
    const old = before.find((condition) => condition.type === type);
    return {
      type,
      lastTransitionTime: old?.status === verdict.status && old.lastTransitionTime ? old.lastTransitionTime : now,
      ...(pod.metadata?.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
      ...verdict,
    };
  });
  return [...owned, ...before.filter(({ type }) => !OWNED_CONDITIONS.has(type))];
}

function initializedVerdict({ pod, phase, init, main }: ConditionsInput): Verdict {
  const containers = pod.spec?.initContainers ?? [];
  if (containers.length === 0)
    return phase === 'Succeeded' ? { status: 'True', reason: 'PodCompleted' } : { status: 'True' };
  // Containers that have run prove that initialisation was over once.
  const started = main.some(({ containerID }) => containerID);
  const incomplete = containers.filter((container, index) => {
    const status = init[index];
    return isSidecar(container) ? !status?.started : status?.state?.terminated?.exitCode !== 0;
  });
  if (phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' };
  if (incomplete.length === 0 || started) return { status: 'True' };
  const message = `containers with incomplete status: [${incomplete.map(({ name }) => name).join(' ')}]`;
  return { status: 'False', reason: 'ContainersNotInitialized', message };
}

function containersReadyVerdict({ pod, phase, init, main }: ConditionsInput): Verdict {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  const sidecars = (pod.spec?.initContainers ?? []).flatMap((container, index) => {
    const status = init[index];
    return isSidecar(container) && status ? [status] : [];
  });
  const unready = [...sidecars, ...main].filter(({ ready }) => !ready).map(({ name }) => name);
  if (unready.length === 0) return { status: 'True' };
  return {
    status: 'False',
    reason: 'ContainersNotReady',
    message: `containers with unready status: [${unready.join(' ')}]`,
  };
}

function readyVerdict(pod: Pod, containersReady: Verdict): Verdict {
  if (containersReady.status === 'False') return containersReady;
  const gates = pod.spec?.readinessGates ?? [];
  const messages = gates.flatMap(({ conditionType }) => {
    const condition = pod.status?.conditions?.find(({ type }) => type === conditionType);
    if (!condition) return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`];
    return condition.status === 'True'
      ? []
      : [`the status of pod readiness gate "${conditionType}" is not "True", but ${condition.status}`];
  });
  if (messages.length === 0) return { status: 'True' };
  return { status: 'False', reason: 'ReadinessGatesNotReady', message: messages.join(', ') };
}
