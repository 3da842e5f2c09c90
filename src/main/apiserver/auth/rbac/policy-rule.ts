import type { Role } from '../../../../shared/api/kinds.ts';
import type { Attributes } from '../authorizer.ts';

/** rbac/v1 PolicyRule: verbs on resources, or on paths of the server. */
export type PolicyRule = NonNullable<Role['rules']>[number];

const ALL = '*';
const holds = (set: readonly string[] | undefined, wanted: string): boolean =>
  set !== undefined && (set.includes(ALL) || set.includes(wanted));

/** Whether a rule allows a request (rbac.RuleAllows). Rules only ever allow; nothing takes away. */
export function ruleAllows(rule: PolicyRule, attributes: Attributes): boolean {
  if (!holds(rule.verbs, attributes.verb)) return false;
  if (!attributes.resourceRequest) return (rule.nonResourceURLs ?? []).some((url) => coversPath(url, attributes.path));
  return (
    holds(rule.apiGroups, attributes.apiGroup) &&
    allowsResource(rule.resources ?? [], attributes.resource, attributes.subresource) &&
    allowsName(rule.resourceNames ?? [], attributes.name)
  );
}

/** `pods` does not allow `pods/log`; a star for the resource before `/scale` allows every kind's scale. */
function allowsResource(allowed: readonly string[], resource: string, subresource: string): boolean {
  if (allowed.includes(ALL)) return true;
  if (subresource === '') return allowed.includes(resource);
  return allowed.some((entry) => entry === `${resource}/${subresource}` || entry === `*/${subresource}`);
}

/** A create and a deletecollection have no name yet: no list of names allows them. */
const allowsName = (names: readonly string[], name: string): boolean => names.length === 0 || names.includes(name);

/** Whether a nonResourceURL stands for a path; it may end in `*`, which also stands for nothing. */
export function coversPath(url: string, path: string): boolean {
  return url === path || (url.endsWith(ALL) && path.startsWith(url.replace(/\*+$/, '')));
}
