import type { Pod, PodDisruptionBudget } from '../../../shared/api/kinds.ts';
import { isPodReady } from '../runtime/pod-state.ts';
import { timestamp } from '../runtime/timestamp.ts';
import type { Expected } from './expected.ts';

/** Upstream's DeletionTimeout: an eviction that was allowed and not carried out by then never will be. */
export const DELETION_TIMEOUT_MS = 2 * 60_000;

type Status = NonNullable<PodDisruptionBudget['status']>;
type Condition = NonNullable<Status['conditions']>[number];

export interface Plan {
  status: Status;
  /** When the next allowed eviction is given up on; undefined when none is under way. */
  recheckMs: number | undefined;
  /** Pods whose eviction was allowed and that are still there. */
  notDeleted: Pod[];
}

/** The status of a budget over its pods (updatePdbStatus, buildDisruptedPodMap, countHealthyPods). */
export function planStatus(
  budget: PodDisruptionBudget,
  pods: readonly Pod[],
  { expectedPods, desiredHealthy }: Expected,
  now: number,
): Plan {
  const { disrupted, recheckMs, notDeleted } = stillDisrupted(budget, pods, now);
  const currentHealthy = pods.filter(
    (pod) =>
      pod.metadata?.deletionTimestamp === undefined &&
      disrupted[pod.metadata?.name ?? ''] === undefined &&
      isPodReady(pod),
  ).length;
  // Without pods nothing is allowed: the first ones may come before this controller has seen them.
  const disruptionsAllowed = expectedPods > 0 ? Math.max(0, currentHealthy - desiredHealthy) : 0;
  const generation = budget.metadata?.generation ?? 0;
  return {
    status: {
      currentHealthy,
      desiredHealthy,
      expectedPods,
      disruptionsAllowed,
      ...(Object.keys(disrupted).length > 0 ? { disruptedPods: disrupted } : {}),
      observedGeneration: generation,
      conditions: withCondition(budget.status?.conditions ?? [], now, {
        status: disruptionsAllowed > 0 ? 'True' : 'False',
        reason: disruptionsAllowed > 0 ? 'SufficientPods' : 'InsufficientPods',
        message: '',
        observedGeneration: generation,
      }),
    },
    recheckMs,
    notDeleted,
  };
}

/** When nothing can be counted nothing is allowed either (failSafe). */
export function failSafe(budget: PodDisruptionBudget, why: string, now: number): Status {
  const { currentHealthy = 0, desiredHealthy = 0, expectedPods = 0, observedGeneration = 0 } = budget.status ?? {};
  return {
    ...budget.status,
    currentHealthy,
    desiredHealthy,
    expectedPods,
    disruptionsAllowed: 0,
    conditions: withCondition(budget.status?.conditions ?? [], now, {
      status: 'False',
      reason: 'SyncFailed',
      message: why,
      observedGeneration,
    }),
  };
}

/** Of the pods whose eviction was allowed those that are not on their way out yet and may still be. */
function stillDisrupted(
  { status }: PodDisruptionBudget,
  pods: readonly Pod[],
  now: number,
): { disrupted: Record<string, string>; recheckMs: number | undefined; notDeleted: Pod[] } {
  const disrupted: Record<string, string> = {};
  const notDeleted: Pod[] = [];
  let recheckMs: number | undefined;
  for (const pod of pods) {
    const name = pod.metadata?.name ?? '';
    const since = status?.disruptedPods?.[name];
    if (since === undefined || pod.metadata?.deletionTimestamp !== undefined) continue;
    const leftMs = Date.parse(since) + DELETION_TIMEOUT_MS - now;
    if (leftMs < 0) {
      notDeleted.push(pod);
      continue;
    }
    disrupted[name] = since;
    recheckMs = Math.min(recheckMs ?? leftMs, leftMs);
  }
  return { disrupted, recheckMs, notDeleted };
}

/** meta.SetStatusCondition: the time of the last change moves with the status only. */
function withCondition(
  conditions: readonly Condition[],
  now: number,
  wanted: Omit<Condition, 'type' | 'lastTransitionTime'>,
): Condition[] {
  const before = conditions.find(({ type }) => type === 'DisruptionAllowed');
  const lastTransitionTime = before?.status === wanted.status ? before.lastTransitionTime : timestamp(now);
  const condition = { type: 'DisruptionAllowed', ...wanted, lastTransitionTime };
  return before ? conditions.map((other) => (other === before ? condition : other)) : [...conditions, condition];
}
