import {
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  ROLE_BINDINGS,
  ROLES,
  type ClusterRole,
  type ClusterRoleBinding,
  type Role,
  type RoleBinding,
} from '../../../shared/api/kinds.ts';
import { ageColumn, column, fieldDoc, nameColumn, plainColumns, wideColumn } from '../columns/columns.ts';
import type { Column, KindDefinition } from '../definition.ts';
import type { FieldError } from '../validation/field-error.ts';
import { immutable, required } from '../validation/fields.ts';
import { validateLabelSelector } from '../validation/label-selector.ts';
import { GROUP, validateBinding, validateRules } from '../validation/rbac.ts';

/** The four kinds of rbac.authorization.k8s.io: alike but for their scope. */

const COMMON = {
  shortNames: [],
  categories: [],
  durability: 'durable',
  hasStatus: false,
  subresources: [],
  nameRule: 'path-segment',
  allowUnconditionalUpdate: true,
  allowCreateOnUpdate: true,
  selectableFields: {},
} as const satisfies Partial<KindDefinition>;

type Binding = RoleBinding | ClusterRoleBinding;

/** A role is RBAC's, and so is whom it is bound to unless it is a service account. */
function setBindingDefaults({ roleRef, subjects }: Binding): void {
  if (roleRef) roleRef.apiGroup ||= GROUP;
  for (const subject of subjects ?? []) {
    if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup ||= GROUP;
  }
}

const validateBindingUpdate = (binding: Binding, old: Binding): FieldError[] =>
  immutable('roleRef', binding.roleRef, old.roleRef).map((error) => ({ ...error, detail: 'cannot change roleRef' }));

function bindingColumns(schema: string, what: string): Column<Binding>[] {
  const named =
    (kind: string, print: (subject: { name?: string; namespace?: string }) => string) => (binding: Binding) =>
      (binding.subjects ?? [])
        .filter((subject) => subject.kind === kind)
        .map(print)
        .join(', ');
  const name = (subject: { name?: string }): string => subject.name ?? '';
  return [
    nameColumn(),
    column<Binding>(
      'Role',
      'string',
      fieldDoc(schema, 'roleRef'),
      ({ roleRef }) => `${roleRef?.kind ?? ''}/${roleRef?.name ?? ''}`,
    ),
    ageColumn(),
    wideColumn('Users', 'string', `Users in the ${what}`, named('User', name)),
    wideColumn('Groups', 'string', `Groups in the ${what}`, named('Group', name)),
    wideColumn(
      'ServiceAccounts',
      'string',
      `ServiceAccounts in the ${what}`,
      named('ServiceAccount', (subject) => `${subject.namespace ?? ''}/${name(subject)}`),
    ),
  ];
}

function validateClusterRole({ rules, aggregationRule }: ClusterRole): FieldError[] {
  const selectors = aggregationRule?.clusterRoleSelectors ?? [];
  const field = 'aggregationRule.clusterRoleSelectors';
  return [
    ...validateRules(rules ?? [], false),
    ...(aggregationRule && selectors.length === 0
      ? [required(field, 'at least one clusterRoleSelector required if aggregationRule is non-nil')]
      : []),
    ...selectors.flatMap((selector, index) => validateLabelSelector(selector, `${field}[${index}]`)),
  ];
}

function noDefaults(): void {
  // Roles have no defaults.
}

export const roleKind: KindDefinition<Role> = {
  ...COMMON,
  type: ROLES,
  singular: 'role',
  schema: 'io.k8s.api.rbac.v1.Role',
  setDefaults: noDefaults,
  validate: ({ rules }) => validateRules(rules ?? [], true),
  columns: plainColumns(),
};

export const clusterRoleKind: KindDefinition<ClusterRole> = {
  ...COMMON,
  type: CLUSTER_ROLES,
  singular: 'clusterrole',
  schema: 'io.k8s.api.rbac.v1.ClusterRole',
  setDefaults: noDefaults,
  validate: validateClusterRole,
  columns: plainColumns(),
};

export const roleBindingKind: KindDefinition<RoleBinding> = {
  ...COMMON,
  type: ROLE_BINDINGS,
  singular: 'rolebinding',
  schema: 'io.k8s.api.rbac.v1.RoleBinding',
  setDefaults: setBindingDefaults,
  validate: (binding) => validateBinding(binding, ['Role', 'ClusterRole'], true),
  validateUpdate: validateBindingUpdate,
  columns: bindingColumns('io.k8s.api.rbac.v1.RoleBinding', 'roleBinding'),
};

export const clusterRoleBindingKind: KindDefinition<ClusterRoleBinding> = {
  ...COMMON,
  type: CLUSTER_ROLE_BINDINGS,
  singular: 'clusterrolebinding',
  schema: 'io.k8s.api.rbac.v1.ClusterRoleBinding',
  setDefaults: setBindingDefaults,
  validate: (binding) => validateBinding(binding, ['ClusterRole'], false),
  validateUpdate: validateBindingUpdate,
  columns: bindingColumns('io.k8s.api.rbac.v1.ClusterRoleBinding', 'clusterRoleBinding'),
};
