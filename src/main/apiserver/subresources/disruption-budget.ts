import { ApiError, forbidden, type StatusDetails } from '../../../shared/api/errors.ts';
import { POD_DISRUPTION_BUDGETS, type Pod, type PodDisruptionBudget } from '../../../shared/api/kinds.ts';
import { matchesLabelSelector } from '../../../shared/api/selector.ts';
import { SELF } from '../post-start-hooks.ts';
import { timestamp, type RegistryContext } from '../registry/context.ts';
import { cloneJson } from '../registry/json-value.ts';
import { updateObject } from '../registry/update.ts';

/** More evictions than these that the controller has not seen, and no more are allowed. */
const MOST_DISRUPTED_PODS = 2000;
/** Upstream's EvictionsRetry: how often another writer of the budget may be faster. */
const ATTEMPTS = 20;
const REFUSED = "Cannot evict pod as it would violate the pod's disruption budget.";

/** The budgets that select a pod. */
export async function budgetsOf(registry: RegistryContext, { metadata }: Pod): Promise<PodDisruptionBudget[]> {
  const budgets = (await registry.views.of(POD_DISRUPTION_BUDGETS)).list(metadata?.namespace ?? '');
  return budgets.filter(({ spec }) => matchesLabelSelector(spec?.selector, metadata?.labels));
}

/** Uses up one of the disruptions a budget allows, by compare-and-swap. Throws 429 when there is none left. */
export async function takeDisruption(
  registry: RegistryContext,
  budget: PodDisruptionBudget,
  pod: string,
  dryRun: boolean,
): Promise<void> {
  const { group, version, plural } = POD_DISRUPTION_BUDGETS;
  const kind = registry.catalog.find(group, version, plural);
  if (!kind) throw new Error('poddisruptionbudgets are not served');
  const { name = '', namespace = '' } = budget.metadata ?? {};
  const now = timestamp(registry.clock.now());
  await updateObject(
    registry,
    { kind, name, namespace, user: SELF },
    {
      mode: 'status',
      subresource: 'status',
      dryRun,
      attempts: ATTEMPTS,
      change: (old) => taken(old as PodDisruptionBudget, pod, now),
    },
  );
}

/** The budget with one disruption less. Throws when it allows none. */
export function taken(old: PodDisruptionBudget, pod: string, now: string): PodDisruptionBudget {
  const name = old.metadata?.name ?? '';
  const { observedGeneration = 0, disruptionsAllowed = 0, disruptedPods = {} } = old.status ?? {};
  if (observedGeneration < (old.metadata?.generation ?? 0)) throw stillProcessing(name);
  if (disruptionsAllowed < 0) throw forbiddenBudget(name, 'pdb disruptions allowed is negative');
  if (Object.keys(disruptedPods).length > MOST_DISRUPTED_PODS)
    throw forbiddenBudget(name, 'DisruptedPods map too big - too many evictions not confirmed by PDB controller');
  if (disruptionsAllowed === 0) throw tooManyRequests(whyNone(old), {});

  const budget = cloneJson(old);
  const left = disruptionsAllowed - 1;
  const conditions = (old.status?.conditions ?? []).filter(({ type }) => type !== 'DisruptionAllowed');
  budget.status = {
    ...budget.status,
    currentHealthy: old.status?.currentHealthy ?? 0,
    desiredHealthy: old.status?.desiredHealthy ?? 0,
    expectedPods: old.status?.expectedPods ?? 0,
    disruptionsAllowed: left,
    // The controller does not count on this pod any more, though it may still see it running.
    disruptedPods: { ...disruptedPods, [pod]: now },
    ...(left === 0
      ? {
          conditions: [
            ...conditions,
            {
              type: 'DisruptionAllowed',
              status: 'False',
              reason: 'InsufficientPods',
              message: '',
              lastTransitionTime: now,
              observedGeneration,
            },
          ],
        }
      : {}),
  };
  return budget;
}

function whyNone({ metadata, status }: PodDisruptionBudget): string {
  const budget = `The disruption budget ${metadata?.name ?? ''}`;
  const failed = status?.conditions?.find(
    ({ type, reason }) => type === 'DisruptionAllowed' && reason === 'SyncFailed',
  );
  if (failed) return `${budget} does not allow evicting pods currently because it failed sync: ${failed.message}`;
  return `${budget} needs ${status?.desiredHealthy ?? 0} healthy pods and has ${status?.currentHealthy ?? 0} currently`;
}

/** The controller has yet to see the budget as it is: ask again in a while. */
export const stillProcessing = (name: string): ApiError =>
  tooManyRequests(`The disruption budget ${name} is still being processed by the server.`, { retryAfterSeconds: 10 });

const tooManyRequests = (cause: string, details: StatusDetails): ApiError =>
  new ApiError(429, 'TooManyRequests', REFUSED, {
    ...details,
    causes: [{ reason: 'DisruptionBudget', message: cause }],
  });

const forbiddenBudget = (name: string, why: string): ApiError =>
  forbidden({ group: 'policy', plural: 'poddisruptionbudget' }, name, why);
