import type { ClusterRole, Role, RoleBinding } from '../../../../../shared/api/kinds.ts';
import { equalJson } from '../../../registry/json-value.ts';
import { notCovered } from '../coverage.ts';
import type { Binding } from '../subjects.ts';

/** The annotation by which an administrator takes an object out of reconciliation (`"false"`). */
export const AUTO_UPDATE = 'rbac.authorization.kubernetes.io/autoupdate';

/**
 * What has to be done so that an object of the default policy gives at least what it should. What administrators added
 * is left alone. `recreate`: the binding is for another role, which cannot be changed in place.
 */
export type Reconciliation<T> = { action: 'none' } | { action: 'create' | 'update' | 'recreate'; object: T };

type Metadata = NonNullable<Role['metadata']>;

/** As reconciliation.ReconcileRoleOptions without removal: missing rules and selectors are added. */
export function reconcileRole<T extends Role | ClusterRole>(expected: T, existing: T | undefined): Reconciliation<T> {
  if (!existing) return { action: 'create', object: expected };
  if (isProtected(existing)) return { action: 'none' };
  const missing = notCovered(existing.rules ?? [], expected.rules ?? []);
  const object: T = {
    ...existing,
    metadata: withDefaults(expected.metadata, existing.metadata),
    ...(missing.length > 0 ? { rules: [...(existing.rules ?? []), ...missing] } : {}),
  };
  if ('aggregationRule' in expected || 'aggregationRule' in existing) {
    const aggregationRule = joined(expected, existing);
    if (aggregationRule) Object.assign(object, { aggregationRule });
    else delete (object as ClusterRole).aggregationRule;
  }
  return equalJson(object, existing) ? { action: 'none' } : { action: 'update', object };
}

/** As reconciliation.ReconcileRoleBindingOptions: missing subjects are added; another role means a new binding. */
export function reconcileBinding<T extends Binding>(expected: T, existing: T | undefined): Reconciliation<T> {
  if (!existing) return { action: 'create', object: expected };
  if (isProtected(existing)) return { action: 'none' };
  if (!equalJson(expected.roleRef, existing.roleRef)) return { action: 'recreate', object: expected };
  const missing = (expected.subjects ?? []).filter(
    (subject) => !(existing.subjects ?? []).some((known) => sameSubject(known, subject)),
  );
  const object: T = {
    ...existing,
    metadata: withDefaults(expected.metadata, existing.metadata),
    ...(missing.length > 0 ? { subjects: [...(existing.subjects ?? []), ...missing] } : {}),
  };
  return equalJson(object, existing) ? { action: 'none' } : { action: 'update', object };
}

const isProtected = ({ metadata }: Role | Binding): boolean => metadata?.annotations?.[AUTO_UPDATE] === 'false';

const sameSubject = (
  a: NonNullable<RoleBinding['subjects']>[number],
  b: NonNullable<RoleBinding['subjects']>[number],
): boolean => a.kind === b.kind && a.name === b.name && (a.namespace ?? '') === (b.namespace ?? '');

/** Expected labels and annotations under the ones that are there. */
function withDefaults(expected: Metadata = {}, existing: Metadata = {}): Metadata {
  return {
    ...existing,
    labels: { ...expected.labels, ...existing.labels },
    annotations: { ...expected.annotations, ...existing.annotations },
  };
}

/** The selectors of both; none when the role should not be an aggregated one. */
function joined(expected: ClusterRole, existing: ClusterRole): ClusterRole['aggregationRule'] {
  if (!expected.aggregationRule) return undefined;
  const known = existing.aggregationRule?.clusterRoleSelectors ?? [];
  const missing = (expected.aggregationRule.clusterRoleSelectors ?? []).filter(
    (selector) => !known.some((other) => equalJson(other, selector)),
  );
  return { clusterRoleSelectors: [...known, ...missing] };
}
