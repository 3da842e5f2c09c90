import type { Pod, PodTemplateSpec, ReplicaSet } from '../../../shared/api/kinds.ts';
import { REPLICA_SETS } from '../../../shared/api/kinds.ts';
import { nameOf } from '../../../shared/api/meta.ts';
import { availableInMs, isPodReady } from '../runtime/pod-state.ts';
import { controllerReference } from '../runtime/ownership.ts';
import { timestamp } from '../runtime/timestamp.ts';
import { inDeletionOrder } from './deletion-rank.ts';

/** Upstream's BurstReplicas: at most so many pods are created or deleted in one go. */
export const BURST_REPLICAS = 500;

export type ReplicaSetStatus = NonNullable<ReplicaSet['status']>;

export type ReplicaPlan = { action: 'none' } | { action: 'create'; count: number } | { action: 'delete'; pods: Pod[] };

/** What brings the number of active pods to the number asked for. `related` as for `inDeletionOrder`, and only asked for then. */
export function planReplicas(
  replicaSet: ReplicaSet,
  active: readonly Pod[],
  related: () => readonly Pod[],
  now: number,
): ReplicaPlan {
  if (replicaSet.metadata?.deletionTimestamp) return { action: 'none' };
  const wanted = replicaSet.spec?.replicas ?? 1;
  const missing = wanted - active.length;
  if (missing > 0) return { action: 'create', count: Math.min(missing, BURST_REPLICAS) };
  if (missing === 0) return { action: 'none' };
  const surplus = Math.min(-missing, BURST_REPLICAS);
  const pods = surplus < active.length ? inDeletionOrder(active, related(), now).slice(0, surplus) : [...active];
  return { action: 'delete', pods };
}

/** A pod from the template (upstream GetPodFromTemplate). */
export function podFromTemplate(replicaSet: ReplicaSet): Pod {
  const template: PodTemplateSpec = structuredClone(replicaSet.spec?.template ?? {});
  const { labels, annotations, finalizers } = template.metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: `${nameOf(replicaSet)}-`,
      namespace: replicaSet.metadata?.namespace ?? '',
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
      ...(finalizers ? { finalizers } : {}),
      ownerReferences: [controllerReference(replicaSet, REPLICA_SETS)],
    },
    ...(template.spec ? { spec: template.spec } : {}),
  };
}

/** Why the pods could not be brought to the number asked for. */
export interface ReplicaFailure {
  reason: 'FailedCreate' | 'FailedDelete';
  message: string;
}

export interface StatusPlan {
  status: ReplicaSetStatus;
  /** When the next ready pod will have been ready for minReadySeconds; nothing else will wake the controller then. */
  recheckMs?: number;
}

/** The status that fits the pods. Counts that are zero are left out, but `replicas`, as upstream's JSON does. */
export function planStatus(
  replicaSet: ReplicaSet,
  active: readonly Pod[],
  failure: ReplicaFailure | undefined,
  now: number,
): StatusPlan {
  const templateLabels = Object.entries(replicaSet.spec?.template?.metadata?.labels ?? {});
  const minReadySeconds = replicaSet.spec?.minReadySeconds ?? 0;
  let fullyLabeled = 0;
  let ready = 0;
  let available = 0;
  let recheckMs: number | undefined;
  for (const pod of active) {
    const labels = pod.metadata?.labels ?? {};
    if (templateLabels.every(([key, value]) => labels[key] === value)) fullyLabeled += 1;
    if (isPodReady(pod)) ready += 1;
    const wait = availableInMs(pod, minReadySeconds, now);
    if (wait === 0) available += 1;
    else if (wait !== undefined) recheckMs = Math.min(recheckMs ?? wait, wait);
  }
  const conditions = conditionsWith(replicaSet.status?.conditions ?? [], failure, now);
  return {
    status: {
      replicas: active.length,
      ...(fullyLabeled ? { fullyLabeledReplicas: fullyLabeled } : {}),
      ...(ready ? { readyReplicas: ready } : {}),
      ...(available ? { availableReplicas: available } : {}),
      observedGeneration: replicaSet.metadata?.generation ?? 0,
      ...(conditions.length > 0 ? { conditions } : {}),
    },
    ...(recheckMs === undefined ? {} : { recheckMs }),
  };
}

type Conditions = NonNullable<ReplicaSetStatus['conditions']>;

/** ReplicaFailure is set once and kept as it was first seen, and goes when creating works again. */
function conditionsWith(conditions: Conditions, failure: ReplicaFailure | undefined, now: number): Conditions {
  const others = conditions.filter((condition) => condition.type !== 'ReplicaFailure');
  if (!failure) return others;
  const known = conditions.find((condition) => condition.type === 'ReplicaFailure');
  if (known) return [...conditions];
  return [...others, { type: 'ReplicaFailure', status: 'True', lastTransitionTime: timestamp(now), ...failure }];
}
