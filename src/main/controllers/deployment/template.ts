import { isDeepStrictEqual } from 'node:util';
import { DEPLOYMENTS, type Deployment, type PodTemplateSpec, type ReplicaSet } from '../../../shared/api/kinds.ts';
import { nameOf } from '../../../shared/api/meta.ts';
import { fnv32a, safeEncode } from '../../../shared/api/hash.ts';
import { controllerReference } from '../runtime/ownership.ts';
import { compareCreation } from './strategy.ts';

export const HASH_LABEL = 'pod-template-hash';

/** Whether two templates ask for the same pods: the hash label and what is empty do not count (EqualIgnoreHash). */
export function sameTemplate(a: PodTemplateSpec | undefined, b: PodTemplateSpec | undefined): boolean {
  return isDeepStrictEqual(comparable(a), comparable(b));
}

function comparable(template: PodTemplateSpec | undefined): unknown {
  const { [HASH_LABEL]: _hash, ...labels } = template?.metadata?.labels ?? {};
  return withoutEmpty({ ...template, metadata: { ...template?.metadata, labels } });
}

/** Go knows no difference between an absent and an empty list or null; objects stay, `emptyDir: {}` says something. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(
    ([, field]) => field !== null && field !== undefined && !(Array.isArray(field) && field.length === 0),
  );
  return Object.fromEntries(entries.map(([key, field]) => [key, withoutEmpty(field)]));
}

/** The label value that tells ReplicaSets of one Deployment apart: FNV-32a of the template and the collision count. */
export function templateHash(template: PodTemplateSpec | undefined, collisionCount: number | undefined): string {
  const text =
    JSON.stringify(sorted(comparable(template))) + (collisionCount === undefined ? '' : String(collisionCount));
  return safeEncode(String(fnv32a(new TextEncoder().encode(text))));
}

/** Key order must not change a hash. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, field]) => [key, sorted(field)]));
}

/** The ReplicaSet whose template is the Deployment's. Should there be several, the oldest, so that all agree. */
export function findNewReplicaSet(deployment: Deployment, replicaSets: readonly ReplicaSet[]): ReplicaSet | undefined {
  return [...replicaSets]
    .sort(compareCreation)
    .find((replicaSet) => sameTemplate(replicaSet.spec?.template, deployment.spec?.template));
}

/** A new ReplicaSet for the Deployment's template. Its name follows from the template, so creating it twice is one. */
export function newReplicaSet(
  deployment: Deployment,
  annotations: Record<string, string>,
  replicas: number,
): ReplicaSet {
  const template: PodTemplateSpec = structuredClone(deployment.spec?.template ?? {});
  const hash = templateHash(template, deployment.status?.collisionCount);
  const labels = { ...template.metadata?.labels, [HASH_LABEL]: hash };
  const selector = deployment.spec?.selector;
  const { minReadySeconds } = deployment.spec ?? {};
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${nameOf(deployment)}-${hash}`,
      namespace: deployment.metadata?.namespace ?? '',
      labels,
      annotations,
      ownerReferences: [controllerReference(deployment, DEPLOYMENTS)],
    },
    spec: {
      replicas,
      ...(minReadySeconds ? { minReadySeconds } : {}),
      selector: structuredClone({ ...selector, matchLabels: { ...selector?.matchLabels, [HASH_LABEL]: hash } }),
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}
