import type { ClusterRole, ClusterRoleBinding, RoleBinding } from '../../../../../shared/api/kinds.ts';
import type { PolicyRule } from '../policy-rule.ts';

/** The few words in which the default policy is written (upstream's rbac/v1 helpers NewRule and NewClusterBinding). */

export const READ = 'get list watch';
export const WRITE = 'create update patch delete deletecollection';
export const READ_WRITE = `${READ} ${WRITE}`;

const RBAC = 'rbac.authorization.k8s.io';
const sorted = (words: string): string[] => words.split(' ').sort();

/** A rule on resources: each argument is a list of words; the core group is `core`. Sorted, as upstream stores it. */
export function rule(verbs: string, groups: string, resources: string, names?: string): PolicyRule {
  return {
    apiGroups: sorted(groups)
      .map((group) => (group === 'core' ? '' : group))
      .sort(),
    resources: sorted(resources),
    verbs: sorted(verbs),
    ...(names === undefined ? {} : { resourceNames: sorted(names) }),
  };
}

/** A rule on paths of the server. */
export const urls = (paths: string): PolicyRule => ({ nonResourceURLs: sorted(paths), verbs: ['get'] });

/** Writing events, which nearly every component does. */
export const EVENTS = rule('create update patch', 'core events.k8s.io', 'events');

export function clusterRole(name: string, rules: PolicyRule[], labels: Record<string, string> = {}): ClusterRole {
  return { metadata: { name, labels }, rules };
}

type Subject = NonNullable<RoleBinding['subjects']>[number];
export const user = (name: string): Subject => ({ apiGroup: RBAC, kind: 'User', name });
export const group = (name: string): Subject => ({ apiGroup: RBAC, kind: 'Group', name });
export const serviceAccount = (namespace: string, name: string): Subject => ({
  kind: 'ServiceAccount',
  name,
  namespace,
});

/** Binds a ClusterRole in the whole cluster; the binding has the role's name. */
export function clusterBinding(role: string, ...subjects: Subject[]): ClusterRoleBinding {
  return {
    metadata: { name: role },
    roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: role },
    ...(subjects.length > 0 ? { subjects } : {}),
  };
}

/** Binds a Role of the same namespace. */
export function roleBinding(namespace: string, role: string, subjects: Subject[], name = role): RoleBinding {
  return { metadata: { name, namespace }, roleRef: { apiGroup: RBAC, kind: 'Role', name: role }, subjects };
}
