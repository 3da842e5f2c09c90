import type { Deployment, ReplicaSet } from '../../../shared/api/kinds.ts';
import { nameOf } from '../../../shared/api/meta.ts';
import {
  condition,
  findCondition,
  withCondition,
  withoutCondition,
  type DeploymentCondition,
  type DeploymentStatus,
} from './conditions.ts';
import { fenceposts, replicasOf, total, type Member } from './strategy.ts';

/** A progress deadline of MaxInt32 means none (HasProgressDeadline). */
const NO_DEADLINE = 2 ** 31 - 1;

export function hasProgressDeadline(deployment: Deployment): boolean {
  const seconds = deployment.spec?.progressDeadlineSeconds;
  return seconds !== undefined && seconds !== NO_DEADLINE;
}

/** Counts and the Available condition. `newest` is among `members` when it exists. Zero counts are left out, as upstream. */
export function countedStatus(
  deployment: Deployment,
  members: readonly Member[],
  newest: Member | undefined,
  conditions: readonly DeploymentCondition[],
  now: number,
): DeploymentStatus {
  const sum = (of: (status: NonNullable<ReplicaSet['status']>) => number | undefined, among = members): number =>
    among.reduce((count, { replicaSet }) => count + ((replicaSet.status && of(replicaSet.status)) ?? 0), 0);
  const availableReplicas = sum((status) => status.availableReplicas);
  const minimum = replicasOf(deployment) - fenceposts(deployment).maxUnavailable;
  const availability =
    availableReplicas >= minimum
      ? condition('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.', now)
      : condition(
          'Available',
          'False',
          'MinimumReplicasUnavailable',
          'Deployment does not have minimum availability.',
          now,
        );
  const { collisionCount } = deployment.status ?? {};
  return {
    observedGeneration: deployment.metadata?.generation ?? 0,
    ...counts({
      replicas: sum((status) => status.replicas),
      updatedReplicas: newest ? sum((status) => status.replicas, [newest]) : 0,
      readyReplicas: sum((status) => status.readyReplicas),
      availableReplicas,
      unavailableReplicas: Math.max(0, total(members) - availableReplicas),
    }),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    conditions: withCondition(conditions, availability),
  };
}

const counts = (all: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(all).filter(([, count]) => count !== 0));

/** All pods updated and enough of them available, and none of the old left (DeploymentComplete). */
export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const desired = replicasOf(deployment);
  return (
    (status.updatedReplicas ?? 0) === desired &&
    (status.replicas ?? 0) === desired &&
    (status.availableReplicas ?? 0) >= desired &&
    (status.observedGeneration ?? 0) >= (deployment.metadata?.generation ?? 0)
  );
}

/** The status of a rollout: the counted one with the Progressing and ReplicaFailure conditions (syncRolloutStatus). */
export function rolloutStatus(
  deployment: Deployment,
  members: readonly Member[],
  newest: Member | undefined,
  counted: DeploymentStatus,
  now: number,
): DeploymentStatus {
  const conditions = withReplicaFailure(withProgress(deployment, newest, counted, now), members, newest);
  return { ...counted, conditions };
}

function withProgress(
  deployment: Deployment,
  newest: Member | undefined,
  status: DeploymentStatus,
  now: number,
): DeploymentCondition[] {
  const conditions = status.conditions ?? [];
  if (!hasProgressDeadline(deployment)) return withoutCondition(conditions, 'Progressing');
  const current = findCondition(deployment.status?.conditions ?? [], 'Progressing');
  // The last rollout ended well and no other is on: pods that come and go now are no lack of progress.
  if (status.replicas === status.updatedReplicas && current?.reason === 'NewReplicaSetAvailable') return conditions;
  const subject = newest ? `ReplicaSet "${nameOf(newest.replicaSet)}"` : `Deployment "${nameOf(deployment)}"`;
  if (isComplete(deployment, status)) {
    const message = `${subject} has successfully progressed.`;
    return withCondition(conditions, condition('Progressing', 'True', 'NewReplicaSetAvailable', message, now));
  }
  if (isProgressing(deployment, status)) {
    const message = `${subject} is progressing.`;
    const next = condition('Progressing', 'True', 'ReplicaSetUpdated', message, now);
    // Replaced even with the same reason: lastUpdateTime is what the deadline counts from.
    const since = current?.status === 'True' ? current.lastTransitionTime : undefined;
    return [
      ...withoutCondition(conditions, 'Progressing'),
      { ...next, ...(since ? { lastTransitionTime: since } : {}) },
    ];
  }
  if (hasTimedOut(deployment, conditions, now)) {
    const message = `${subject} has timed out progressing.`;
    return withCondition(conditions, condition('Progressing', 'False', 'ProgressDeadlineExceeded', message, now));
  }
  return [...conditions];
}

/** More updated pods, fewer old ones, or more ready or available ones than last time (DeploymentProgressing). */
function isProgressing(deployment: Deployment, next: DeploymentStatus): boolean {
  const last = deployment.status ?? {};
  const old = (status: DeploymentStatus): number => (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (
    (next.updatedReplicas ?? 0) > (last.updatedReplicas ?? 0) ||
    old(next) < old(last) ||
    (next.readyReplicas ?? 0) > (last.readyReplicas ?? 0) ||
    (next.availableReplicas ?? 0) > (last.availableReplicas ?? 0)
  );
}

function hasTimedOut(deployment: Deployment, conditions: readonly DeploymentCondition[], now: number): boolean {
  const progressing = findCondition(conditions, 'Progressing');
  if (!progressing) return false;
  if (progressing.reason === 'ProgressDeadlineExceeded') return true;
  // A rollout that ended well times out only when it is no longer complete, and then from that moment on.
  if (progressing.reason === 'NewReplicaSetAvailable') return false;
  return deadline(deployment, progressing) < now;
}

const deadline = (deployment: Deployment, progressing: DeploymentCondition): number =>
  Date.parse(progressing.lastUpdateTime ?? '') + (deployment.spec?.progressDeadlineSeconds ?? 0) * 1000;

/** Lifts a ReplicaSet's ReplicaFailure to the Deployment; the new ReplicaSet's goes before the old ones'. */
function withReplicaFailure(
  conditions: DeploymentCondition[],
  members: readonly Member[],
  newest: Member | undefined,
): DeploymentCondition[] {
  const failures = [...(newest ? [newest] : []), ...members].flatMap(({ replicaSet }) =>
    (replicaSet.status?.conditions ?? []).filter(({ type }) => type === 'ReplicaFailure'),
  );
  const [failure] = failures;
  if (!failure) return withoutCondition(conditions, 'ReplicaFailure');
  const { lastTransitionTime } = failure;
  return withCondition(conditions, {
    ...structuredClone(failure),
    ...(lastTransitionTime ? { lastUpdateTime: lastTransitionTime } : {}),
  });
}

/** When to look again for a rollout that may be stuck; undefined when no deadline is running (requeueStuckDeployment). */
export function progressCheckMs(deployment: Deployment, status: DeploymentStatus, now: number): number | undefined {
  const progressing = findCondition(status.conditions ?? [], 'Progressing');
  if (!hasProgressDeadline(deployment) || !progressing) return undefined;
  if (isComplete(deployment, status)) return undefined;
  if (progressing.reason === 'ProgressDeadlineExceeded' || progressing.reason === 'NewReplicaSetAvailable')
    return undefined;
  // A second more, so that the deadline has passed when we look.
  return Math.max(0, deadline(deployment, progressing) - now) + 1000;
}
