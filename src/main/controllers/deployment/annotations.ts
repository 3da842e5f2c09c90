import type { Deployment, ReplicaSet } from '../../../shared/api/kinds.ts';

/** Written on ReplicaSets and read by kubectl's rollout commands (pkg/controller/deployment/util). */
export const REVISION = 'deployment.kubernetes.io/revision';
export const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
/** spec.replicas of the Deployment when the ReplicaSet was last scaled: tells a scaling event from a rollout. */
export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas';
/** The same plus maxSurge: the whole of which a ReplicaSet is a part when scaling proportionally. */
export const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas';

const NOT_COPIED = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.deployment.rollback.to',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
]);
/** Upstream's maxRevHistoryLengthInChars. */
const MAX_HISTORY_LENGTH = 2000;

type Annotations = Record<string, string>;

/** The revision a ReplicaSet carries; 0 when it has none or it is no number. */
export function revisionOf(replicaSet: ReplicaSet): number {
  const revision = Number(replicaSet.metadata?.annotations?.[REVISION] ?? 0);
  return Number.isSafeInteger(revision) ? revision : 0;
}

export const maxRevision = (replicaSets: readonly ReplicaSet[]): number => Math.max(0, ...replicaSets.map(revisionOf));

/** An integer annotation, or undefined. */
export function intAnnotation(replicaSet: ReplicaSet, key: string): number | undefined {
  const text = replicaSet.metadata?.annotations?.[key];
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined;
}

/** What the newest ReplicaSet's annotations should be: the Deployment's own copied, and the revision raised. */
export function newReplicaSetAnnotations(deployment: Deployment, existing: Annotations, revision: number): Annotations {
  const copied = Object.entries(deployment.metadata?.annotations ?? {}).filter(([key]) => !NOT_COPIED.has(key));
  const annotations = { ...existing, ...Object.fromEntries(copied) };
  const old = existing[REVISION];
  if (Number(old ?? 0) >= revision) return annotations;
  annotations[REVISION] = String(revision);
  // It had a revision before: this is a roll-back, and the revisions it once was are kept as history.
  if (old !== undefined) annotations[REVISION_HISTORY] = historyWith(existing[REVISION_HISTORY], old);
  return annotations;
}

function historyWith(history: string | undefined, revision: string): string {
  const revisions = history ? history.split(',') : [];
  revisions.push(revision);
  while (revisions.length > 1 && revisions.join(',').length > MAX_HISTORY_LENGTH) revisions.shift();
  return revisions.join(',');
}
