import type { ClusterRoleBinding, RoleBinding } from '../../../../shared/api/kinds.ts';
import type { UserInfo } from '../user.ts';

export type Binding = RoleBinding | ClusterRoleBinding;
type Subject = NonNullable<RoleBinding['subjects']>[number];

/** Bindings by whom they are for. A binding is listed once a user or group it names. */
export interface SubjectIndex {
  users: ReadonlyMap<string, readonly Binding[]>;
  groups: ReadonlyMap<string, readonly Binding[]>;
}

/**
 * The user name a subject stands for: a service account's is made of its namespace and name. `undefined` for a group,
 * and for a service account of no namespace. In a RoleBinding a service account without one is of the binding's own.
 */
function userNameOf(subject: Subject, bindingNamespace: string): string | undefined {
  if (subject.kind === 'User') return subject.name;
  const namespace = subject.namespace || bindingNamespace;
  return subject.kind === 'ServiceAccount' && namespace !== ''
    ? `system:serviceaccount:${namespace}:${subject.name}`
    : undefined;
}

/** Sorts the bindings of one namespace, or of the cluster, by whom they are for. */
export function indexOf(bindings: readonly Binding[]): SubjectIndex {
  const users = new Map<string, Binding[]>();
  const groups = new Map<string, Binding[]>();
  const add = (index: Map<string, Binding[]>, name: string, binding: Binding): void => {
    const found = index.get(name);
    if (!found) index.set(name, [binding]);
    // A subject that is listed twice gives nothing twice.
    else if (found.at(-1) !== binding) found.push(binding);
  };
  for (const binding of bindings) {
    for (const subject of binding.subjects ?? []) {
      if (subject.kind === 'Group') add(groups, subject.name, binding);
      const user = userNameOf(subject, binding.metadata?.namespace ?? '');
      if (user !== undefined) add(users, user, binding);
    }
  }
  return { users, groups };
}

/** The first subject of the binding that this user is or is in; undefined when none. */
export function subjectFor(binding: Binding, user: UserInfo): Subject | undefined {
  return (binding.subjects ?? []).find((subject) =>
    subject.kind === 'Group'
      ? user.groups.includes(subject.name)
      : userNameOf(subject, binding.metadata?.namespace ?? '') === user.name,
  );
}

/** `ClusterRoleBinding "x" of ClusterRole "y" to Group "z"`: what upstream says allowed a request. */
export function describeBinding(binding: Binding, user: UserInfo): string {
  const { name = '', namespace = '' } = binding.metadata ?? {};
  const bound = namespace === '' ? `ClusterRoleBinding "${name}"` : `RoleBinding "${name}/${namespace}"`;
  const subject = subjectFor(binding, user);
  const who =
    subject?.kind === 'ServiceAccount'
      ? `ServiceAccount "${subject.name}/${subject.namespace || namespace}"`
      : `${subject?.kind ?? ''} "${subject?.name ?? ''}"`;
  return `${bound} of ${binding.roleRef.kind} "${binding.roleRef.name}" to ${who}`;
}
