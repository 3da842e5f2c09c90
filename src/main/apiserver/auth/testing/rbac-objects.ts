import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from '../../../../shared/api/kinds.ts';
import type { KubeObject } from '../../../../shared/api/meta.ts';
import type { RbacObjects } from '../rbac/rule-resolver.ts';

const keyOf = (namespace: string, name: string): string => `${namespace}/${name}`;

/** For tests: a view of objects that change only through `put`. */
export class PlainView<T extends KubeObject> {
  generation = 1;
  readonly #objects = new Map<string, T>();

  constructor(objects: readonly T[]) {
    for (const object of objects) this.put(object);
  }

  put(object: T): void {
    this.#objects.set(keyOf(object.metadata?.namespace ?? '', object.metadata?.name ?? ''), object);
    this.generation += 1;
  }

  get(namespace: string, name: string): T | undefined {
    return this.#objects.get(keyOf(namespace, name));
  }

  list(): T[] {
    return [...this.#objects.values()];
  }
}

/** For tests: roles and bindings that are in no store. */
export const rbacObjects = (objects: {
  roles?: readonly Role[];
  clusterRoles?: readonly ClusterRole[];
  roleBindings?: readonly RoleBinding[];
  clusterRoleBindings?: readonly ClusterRoleBinding[];
}): RbacObjects => ({
  roles: new PlainView(objects.roles ?? []),
  clusterRoles: new PlainView(objects.clusterRoles ?? []),
  roleBindings: new PlainView(objects.roleBindings ?? []),
  clusterRoleBindings: new PlainView(objects.clusterRoleBindings ?? []),
});
