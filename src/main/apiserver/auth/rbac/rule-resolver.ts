import {
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  ROLE_BINDINGS,
  ROLES,
  type ClusterRole,
  type ClusterRoleBinding,
  type Role,
  type RoleBinding,
} from '../../../../shared/api/kinds.ts';
import type { UserInfo } from '../user.ts';
import type { KindView } from '../../views/kind-view.ts';
import type { Views } from '../../views/views.ts';
import type { PolicyRule } from './policy-rule.ts';
import { indexOf, type Binding, type SubjectIndex } from './subjects.ts';

type View<T extends Role> = Pick<KindView<T>, 'get'>;
type BindingView<T extends Binding> = Pick<KindView<T>, 'list' | 'generation'>;

/** Roles and bindings as they are now; views of the store, or plain objects in tests. */
export interface RbacObjects {
  roles: View<Role>;
  clusterRoles: View<ClusterRole>;
  roleBindings: BindingView<RoleBinding>;
  clusterRoleBindings: BindingView<ClusterRoleBinding>;
}

/** What a binding gives; `rules` is absent when its role does not exist (or is of no kind known). Return false to stop. */
export type BindingVisitor = (binding: Binding, rules: readonly PolicyRule[] | undefined) => boolean;

interface Indexed<T> {
  generation: number;
  value: T;
}

/**
 * Which rules a user has where (upstream's DefaultRuleResolver). Bindings are sorted by subject once a change, so that
 * an answer costs the same however many bindings there are for others.
 */
export class RuleResolver {
  #cluster: Indexed<SubjectIndex> | undefined;
  #namespaces: Indexed<ReadonlyMap<string, SubjectIndex>> | undefined;

  constructor(private readonly objects: RbacObjects) {}

  /** Follows the roles and bindings of the store. Rejects when they cannot be read. */
  static async open(views: Views): Promise<RuleResolver> {
    const [roles, clusterRoles, roleBindings, clusterRoleBindings] = await Promise.all([
      views.of(ROLES),
      views.of(CLUSTER_ROLES),
      views.of(ROLE_BINDINGS),
      views.of(CLUSTER_ROLE_BINDINGS),
    ]);
    return new RuleResolver({ roles, clusterRoles, roleBindings, clusterRoleBindings });
  }

  /** Visits the bindings that apply: those of the cluster, then the namespace's. One may be visited twice. */
  visit(user: UserInfo, namespace: string, visitor: BindingVisitor): void {
    if (!this.#visitIndex(this.#clusterIndex(), user, visitor) || namespace === '') return;
    const index = this.#namespaceIndexes().get(namespace);
    if (index) this.#visitIndex(index, user, visitor);
  }

  /** All rules of a user in a namespace (empty: in the whole cluster), and what kept others from being found. */
  rulesFor(user: UserInfo, namespace: string): { rules: PolicyRule[]; errors: string[] } {
    const rules = new Map<Binding, readonly PolicyRule[]>();
    const errors = new Set<string>();
    this.visit(user, namespace, (binding, found) => {
      if (found) rules.set(binding, found);
      else errors.add(unresolved(binding.roleRef));
      return true;
    });
    return { rules: [...rules.values()].flat(), errors: [...errors] };
  }

  /** The rules of the role a binding in `namespace` refers to; undefined when there is no such role. */
  rulesOf(roleRef: Binding['roleRef'], namespace: string): readonly PolicyRule[] | undefined {
    const role =
      roleRef.kind === 'ClusterRole'
        ? this.objects.clusterRoles.get('', roleRef.name)
        : roleRef.kind === 'Role' && namespace !== ''
          ? this.objects.roles.get(namespace, roleRef.name)
          : undefined;
    return role && (role.rules ?? []);
  }

  #visitIndex(index: SubjectIndex, user: UserInfo, visitor: BindingVisitor): boolean {
    if (!this.#visitAll(index.users.get(user.name), visitor)) return false;
    for (const group of user.groups) if (!this.#visitAll(index.groups.get(group), visitor)) return false;
    return true;
  }

  #visitAll(bindings: readonly Binding[] | undefined, visitor: BindingVisitor): boolean {
    for (const binding of bindings ?? [])
      if (!visitor(binding, this.rulesOf(binding.roleRef, binding.metadata?.namespace ?? ''))) return false;
    return true;
  }

  #clusterIndex(): SubjectIndex {
    const { clusterRoleBindings: view } = this.objects;
    if (this.#cluster?.generation !== view.generation)
      this.#cluster = { generation: view.generation, value: indexOf(view.list()) };
    return this.#cluster.value;
  }

  #namespaceIndexes(): ReadonlyMap<string, SubjectIndex> {
    const { roleBindings: view } = this.objects;
    if (this.#namespaces?.generation !== view.generation) {
      const byNamespace = new Map<string, RoleBinding[]>();
      for (const binding of view.list()) {
        const namespace = binding.metadata?.namespace ?? '';
        const others = byNamespace.get(namespace);
        if (others) others.push(binding);
        else byNamespace.set(namespace, [binding]);
      }
      const value = new Map([...byNamespace].map(([namespace, bindings]) => [namespace, indexOf(bindings)]));
      this.#namespaces = { generation: view.generation, value };
    }
    return this.#namespaces.value;
  }
}

/** Why a binding gives nothing, as upstream's listers say it (with the kind in the singular). */
export function unresolved({ kind, name }: Binding['roleRef']): string {
  return kind === 'Role' || kind === 'ClusterRole'
    ? `${kind.toLowerCase()}.rbac.authorization.k8s.io "${name}" not found`
    : `unsupported role reference kind: "${kind}"`;
}
