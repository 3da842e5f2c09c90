import type { Role, RoleBinding } from '../../../shared/api/kinds.ts';
import type { FieldError } from './field-error.ts';
import { complaintsAbout, invalidValue, notSupported, required } from './fields.ts';
import { dns1123Subdomain, pathSegment } from './names.ts';

export const GROUP = 'rbac.authorization.k8s.io';

type Rule = NonNullable<Role['rules']>[number];
type Subject = NonNullable<RoleBinding['subjects']>[number];

/** What a role allows (rbac/validation ValidatePolicyRule): verbs on resources, or on URLs of the whole server. */
export const validateRules = (rules: readonly Rule[], namespaced: boolean): FieldError[] =>
  rules.flatMap((rule, index) => validateRule(rule, namespaced, `rules[${index}]`));

function validateRule(rule: Rule, namespaced: boolean, field: string): FieldError[] {
  const { verbs = [], apiGroups = [], resources = [], resourceNames = [], nonResourceURLs: urls = [] } = rule;
  const errors = verbs.length === 0 ? [required(`${field}.verbs`, 'verbs must contain at least one value')] : [];
  if (urls.length > 0) {
    const at = `${field}.nonResourceURLs`;
    if (namespaced) {
      errors.push(invalidValue(at, urls, 'namespaced rules cannot apply to non-resource URLs'));
    }
    if (apiGroups.length + resources.length + resourceNames.length > 0) {
      errors.push(invalidValue(at, urls, 'rules cannot apply to both regular resources and non-resource URLs'));
    }
    return errors;
  }
  if (apiGroups.length === 0) {
    errors.push(required(`${field}.apiGroups`, 'resource rules must supply at least one api group'));
  }
  if (resources.length === 0) {
    errors.push(required(`${field}.resources`, 'resource rules must supply at least one resource'));
  }
  return errors;
}

/** A role and whom it is given to (ValidateRoleBinding, ValidateClusterRoleBinding). */
export function validateBinding(
  { roleRef, subjects }: Pick<RoleBinding, 'roleRef' | 'subjects'>,
  roleKinds: readonly string[],
  namespaced: boolean,
): FieldError[] {
  const { apiGroup = '', kind = '', name } = roleRef ?? {};
  return [
    ...(apiGroup === GROUP ? [] : [notSupported('roleRef.apiGroup', apiGroup, [GROUP])]),
    ...(roleKinds.includes(kind) ? [] : [notSupported('roleRef.kind', kind, roleKinds)]),
    ...(name ? complaintsAbout('roleRef.name', name, pathSegment(name)) : [required('roleRef.name')]),
    ...(subjects ?? []).flatMap((subject, index) => validateSubject(subject, namespaced, `subjects[${index}]`)),
  ];
}

function validateSubject(
  { kind, name, namespace, apiGroup = '' }: Subject,
  namespaced: boolean,
  field: string,
): FieldError[] {
  const errors: FieldError[] = name ? [] : [required(`${field}.name`)];
  const groupMustBe = (group: string): void => {
    if (apiGroup !== group) errors.push(notSupported(`${field}.apiGroup`, apiGroup, [group]));
  };
  switch (kind) {
    case 'ServiceAccount':
      if (name) errors.push(...complaintsAbout(`${field}.name`, name, dns1123Subdomain(name)));
      groupMustBe('');
      if (!namespaced && !namespace) errors.push(required(`${field}.namespace`));
      break;
    case 'User':
    case 'Group':
      groupMustBe(GROUP);
      if (!name) errors.push(invalidValue(`${field}.name`, '', `${kind.toLowerCase()} name cannot be empty`));
      break;
    default:
      errors.push(notSupported(`${field}.kind`, kind ?? '', ['ServiceAccount', 'User', 'Group']));
  }
  return errors;
}
