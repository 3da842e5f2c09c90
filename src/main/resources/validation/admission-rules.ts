import type { ValidatingAdmissionPolicy } from '../../../shared/api/kinds.ts';
import type { FieldError } from './field-error.ts';
import { complaintsAbout, duplicatesIn, invalidValue, notSupported, oneOf, required } from './fields.ts';
import { validateLabelSelector } from './label-selector.ts';
import { pathSegment } from './names.ts';

/** Which requests a webhook or a policy is for (admissionregistration/validation). */

type MatchResources = NonNullable<NonNullable<ValidatingAdmissionPolicy['spec']>['matchConstraints']>;
type NamedRule = NonNullable<MatchResources['resourceRules']>[number];
export type Rule = Omit<NamedRule, 'resourceNames'>;

const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const SCOPES = ['*', 'Cluster', 'Namespaced'];
export const MATCH_POLICIES = ['Equivalent', 'Exact'];
export const FAILURE_POLICIES = ['Fail', 'Ignore'];

const hasWildcard = (words: readonly string[]): boolean => words.includes('*');

/** One rule with its operations (validateRuleWithOperations). */
export function validateRule(rule: Partial<Rule>, field: string): FieldError[] {
  const { operations = [], apiGroups = [], apiVersions = [], resources = [], scope } = rule;
  const alone = (name: string, words: readonly string[], what: string): FieldError[] =>
    words.length > 1 && hasWildcard(words)
      ? [invalidValue(`${field}.${name}`, words, `if '*' is present, must not specify other ${what}`)]
      : [];
  const some = (name: string, words: readonly string[]): FieldError[] =>
    words.length === 0 ? [required(`${field}.${name}`)] : [];
  return [
    ...some('operations', operations),
    ...alone('operations', operations, 'operations'),
    ...operations.flatMap((operation, index) =>
      OPERATIONS.includes(operation) ? [] : [notSupported(`${field}.operations[${index}]`, operation, OPERATIONS)],
    ),
    ...some('apiGroups', apiGroups),
    ...alone('apiGroups', apiGroups, 'API groups'),
    ...some('apiVersions', apiVersions),
    ...alone('apiVersions', apiVersions, 'API versions'),
    ...apiVersions.flatMap((version, index) => (version === '' ? [required(`${field}.apiVersions[${index}]`)] : [])),
    ...validateResourceWords(resources, `${field}.resources`),
    ...oneOf(`${field}.scope`, scope, SCOPES),
  ];
}

/** `pods`, `pods/status`, `pods/*`, `*\/scale`: none that another one covers. */
function validateResourceWords(resources: readonly string[], field: string): FieldError[] {
  const errors: FieldError[] = resources.length === 0 ? [required(field)] : [];
  const wholeResources = new Set<string>();
  const wholeSubresources = new Set<string>();
  let plain = false;
  resources.forEach((word, index) => {
    if (word === '') {
      errors.push(required(`${field}[${index}]`));
      return;
    }
    const slash = word.indexOf('/');
    if (slash < 0) {
      // As upstream: the last of the words without a subresource decides.
      plain = word !== '*';
      return;
    }
    const [resource, subresource] = [word.slice(0, slash), word.slice(slash + 1)];
    if (wholeResources.has(resource))
      errors.push(invalidValue(`${field}[${index}]`, word, `if '${resource}/*' is present, must not specify ${word}`));
    if (wholeSubresources.has(subresource))
      errors.push(
        invalidValue(`${field}[${index}]`, word, `if '*/${subresource}' is present, must not specify ${word}`),
      );
    if (subresource === '*') wholeResources.add(resource);
    if (resource === '*') wholeSubresources.add(subresource);
  });
  if (resources.length > 1 && resources.includes('*/*'))
    errors.push(invalidValue(field, resources, "if '*/*' is present, must not specify other resources"));
  if (hasWildcard(resources) && plain)
    errors.push(
      invalidValue(field, resources, "if '*' is present, must not specify other resources without subresources"),
    );
  return errors;
}

/** The constraints of a policy, or what a binding narrows them to (validateMatchResources). */
export function validateMatchResources(match: Partial<MatchResources>, field: string): FieldError[] {
  const { matchPolicy, namespaceSelector, objectSelector, resourceRules = [], excludeResourceRules = [] } = match;
  return [
    ...(matchPolicy === undefined
      ? [required(`${field}.matchPolicy`)]
      : oneOf(`${field}.matchPolicy`, matchPolicy, MATCH_POLICIES)),
    ...(namespaceSelector
      ? validateLabelSelector(namespaceSelector, `${field}.namespaceSelector`)
      : [required(`${field}.namespaceSelector`)]),
    ...(objectSelector
      ? validateLabelSelector(objectSelector, `${field}.objectSelector`)
      : [required(`${field}.objectSelector`)]),
    ...resourceRules.flatMap((rule, index) => validateNamedRule(rule, `${field}.resourceRules[${index}]`)),
    ...excludeResourceRules.flatMap((rule, index) =>
      validateNamedRule(rule, `${field}.excludeResourceRules[${index}]`),
    ),
  ];
}

function validateNamedRule(rule: Partial<NamedRule>, field: string): FieldError[] {
  const names = rule.resourceNames ?? [];
  return [
    ...names.flatMap((name, index) => complaintsAbout(`${field}.resourceNames[${index}]`, name, pathSegment(name))),
    ...duplicatesIn(
      names,
      (name) => name,
      (index) => `${field}.resourceNames[${index}]`,
    ),
    ...validateRule(rule, field),
  ];
}

/** Fills in what a rule and a set of constraints leave open (admissionregistration/v1 defaults). */
export function setRuleDefaults(rules: readonly Partial<Rule>[] | undefined): void {
  for (const rule of rules ?? []) rule.scope ??= '*';
}

export function setMatchResourcesDefaults(match: Partial<MatchResources> | undefined): void {
  if (!match) return;
  match.matchPolicy ??= 'Equivalent';
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  setRuleDefaults(match.resourceRules);
  setRuleDefaults(match.excludeResourceRules);
}
