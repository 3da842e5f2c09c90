import type { Deployment, ReplicaSet } from '../../../shared/api/kinds.ts';
import { scaledValue } from '../runtime/int-or-percent.ts';
import { intAnnotation, MAX_REPLICAS } from './annotations.ts';

export const replicasOf = (object: Deployment | ReplicaSet): number => object.spec?.replicas ?? 1;
export const isRollingUpdate = (deployment: Deployment): boolean => deployment.spec?.strategy?.type !== 'Recreate';

/**
 * maxSurge rounded up and maxUnavailable rounded down; when both come out as zero maxUnavailable is 1, since surging
 * might not work because of quota (ResolveFenceposts). Both zero for Recreate.
 */
export function fenceposts(deployment: Deployment): { maxSurge: number; maxUnavailable: number } {
  if (!isRollingUpdate(deployment)) return { maxSurge: 0, maxUnavailable: 0 };
  const { maxSurge = '25%', maxUnavailable = '25%' } = deployment.spec?.strategy?.rollingUpdate ?? {};
  const replicas = replicasOf(deployment);
  const surge = scaledValue(maxSurge, replicas, 'up');
  const unavailable = scaledValue(maxUnavailable, replicas, 'down');
  const resolved = surge === 0 && unavailable === 0 ? 1 : unavailable;
  return { maxSurge: surge, maxUnavailable: Math.min(resolved, replicas) };
}

/** Sizes by ReplicaSet name; only those that change. */
export type Sizes = Map<string, number>;

/** One ReplicaSet as the strategy sees it: its size may already differ from the cached object's. */
export interface Member {
  replicaSet: ReplicaSet;
  replicas: number;
}

export const total = (members: readonly Member[]): number => members.reduce((sum, member) => sum + member.replicas, 0);
export const available = (member: Member): number => member.replicaSet.status?.availableReplicas ?? 0;

/** How large the new ReplicaSet may be now (NewRSNewReplicas). `members` includes it. */
export function newReplicaSetSize(deployment: Deployment, members: readonly Member[], current: number): number {
  const desired = replicasOf(deployment);
  if (!isRollingUpdate(deployment)) return desired;
  const room = desired + fenceposts(deployment).maxSurge - total(members);
  if (room <= 0) return current;
  return current + Math.min(room, desired - current);
}

/**
 * How far the old ReplicaSets can shrink in this step of a rolling update: unhealthy pods first, which costs no
 * availability, then as many healthy ones as minimum availability leaves (reconcileOldReplicaSets).
 * `old` is oldest first and `newest` the new one.
 */
export function shrinkOld(deployment: Deployment, old: readonly Member[], newest: Member): Sizes {
  const minAvailable = replicasOf(deployment) - fenceposts(deployment).maxUnavailable;
  const newUnavailable = newest.replicas - available(newest);
  const budget = total([...old, newest]) - minAvailable - newUnavailable;
  if (budget <= 0) return new Map();
  const sizes: Sizes = new Map();
  let cleaned = 0;
  for (const member of old) {
    const unhealthy = Math.min(budget - cleaned, member.replicas - available(member));
    if (member.replicas === 0 || unhealthy <= 0) continue;
    cleaned += unhealthy;
    sizes.set(member.replicaSet.metadata?.name ?? '', member.replicas - unhealthy);
  }
  let spare = [...old, newest].reduce((sum, member) => sum + available(member), 0) - minAvailable;
  for (const member of old) {
    const name = member.replicaSet.metadata?.name ?? '';
    const size = sizes.get(name) ?? member.replicas;
    const step = Math.min(size, spare);
    if (step <= 0) continue;
    spare -= step;
    sizes.set(name, size - step);
  }
  return sizes;
}

/**
 * Spreads a change of the Deployment's size over the ReplicaSets of a rollout in the middle, in proportion to their
 * sizes, so that scaling does not hasten a rollout that may be bad (DeploymentController.scale).
 */
export function proportionalSizes(deployment: Deployment, active: readonly Member[]): Sizes {
  const desired = replicasOf(deployment);
  const allowed = desired > 0 ? desired + fenceposts(deployment).maxSurge : 0;
  const toAdd = allowed - total(active);
  const ordered = [...active].sort((a, b) => b.replicas - a.replicas || byCreation(a, b) * (toAdd > 0 ? -1 : 1));
  const sizes: Sizes = new Map();
  let added = 0;
  for (const member of ordered) {
    const share = toAdd === 0 ? 0 : proportion(deployment, member, toAdd, added);
    added += share;
    sizes.set(member.replicaSet.metadata?.name ?? '', member.replicas + share);
  }
  const largest = ordered[0]?.replicaSet.metadata?.name;
  // What rounding left over goes to the largest.
  if (largest !== undefined) sizes.set(largest, Math.max(0, (sizes.get(largest) ?? 0) + toAdd - added));
  return sizes;
}

function proportion(deployment: Deployment, member: Member, toAdd: number, added: number): number {
  if (member.replicas === 0 || toAdd === added) return 0;
  const fraction = fractionOf(deployment, member);
  const left = toAdd - added;
  return toAdd > 0 ? Math.min(fraction, left) : Math.max(fraction, left);
}

function fractionOf(deployment: Deployment, member: Member): number {
  const desired = replicasOf(deployment);
  if (desired === 0) return -member.replicas;
  const whole = intAnnotation(member.replicaSet, MAX_REPLICAS) || (deployment.status?.replicas ?? 0);
  if (whole === 0) return 0;
  const size = (member.replicas * (desired + fenceposts(deployment).maxSurge)) / whole;
  return Math.round(size) - member.replicas;
}

/** Oldest first; the name decides between equals. */
export function byCreation(a: Member, b: Member): number {
  return compareCreation(a.replicaSet, b.replicaSet);
}

export function compareCreation(a: ReplicaSet, b: ReplicaSet): number {
  const [createdA, createdB] = [a.metadata?.creationTimestamp ?? '', b.metadata?.creationTimestamp ?? ''];
  if (createdA !== createdB) return createdA < createdB ? -1 : 1;
  return (a.metadata?.name ?? '') < (b.metadata?.name ?? '') ? -1 : 1;
}
