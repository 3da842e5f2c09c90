import {
  apiVersionOf,
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  ROLE_BINDINGS,
  ROLES,
  type ClusterRole,
  type ClusterRoleBinding,
  type ResourceType,
  type Role,
  type RoleBinding,
} from '../../../../../shared/api/kinds.ts';
import { COMPONENT_BINDINGS, COMPONENT_ROLES } from './component-roles.ts';
import { CONTROLLER_BINDINGS, CONTROLLER_ROLES } from './controller-roles.ts';
import { NAMESPACE_BINDINGS, NAMESPACE_ROLES } from './namespace-roles.ts';
import { AUTO_UPDATE } from './reconcile.ts';
import { USER_BINDINGS, USER_ROLES } from './user-roles.ts';
import { WHEELHOUSE_BINDINGS, WHEELHOUSE_ROLES } from './wheelhouse-roles.ts';

type RbacObject = Role | ClusterRole | RoleBinding | ClusterRoleBinding;

/** As stored: with its type, and marked as part of the default policy. */
function complete<T extends RbacObject>(type: ResourceType<T>, objects: readonly T[]): T[] {
  return objects.map((object) => ({
    apiVersion: apiVersionOf(type),
    kind: type.kind,
    ...object,
    metadata: {
      ...object.metadata,
      labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...object.metadata?.labels },
      annotations: { [AUTO_UPDATE]: 'true' },
    },
  }));
}

/** The default policy of Kubernetes 1.34 and what our agent needs besides. */
export const DEFAULT_POLICY = {
  clusterRoles: complete(CLUSTER_ROLES, [...USER_ROLES, ...COMPONENT_ROLES, ...CONTROLLER_ROLES, ...WHEELHOUSE_ROLES]),
  clusterRoleBindings: complete(CLUSTER_ROLE_BINDINGS, [
    ...USER_BINDINGS,
    ...COMPONENT_BINDINGS,
    ...CONTROLLER_BINDINGS,
    ...WHEELHOUSE_BINDINGS,
  ]),
  roles: complete(ROLES, NAMESPACE_ROLES),
  roleBindings: complete(ROLE_BINDINGS, NAMESPACE_BINDINGS),
} as const;
