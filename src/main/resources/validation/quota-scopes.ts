import type { ResourceQuota } from '../../../shared/api/kinds.ts';
import type { FieldError } from './field-error.ts';
import { invalidValue, required } from './fields.ts';

type QuotaSpec = NonNullable<ResourceQuota['spec']>;
type Requirement = NonNullable<NonNullable<QuotaSpec['scopeSelector']>['matchExpressions']>[number];

const POD_SCOPES = ['Terminating', 'NotTerminating', 'NotBestEffort', 'PriorityClass', 'CrossNamespacePodAffinity'];
const SCOPES = [...POD_SCOPES, 'BestEffort', 'VolumeAttributesClass'];
/** Scopes that hold or do not hold; there is nothing to compare them with. */
const PLAIN_SCOPES = ['Terminating', 'NotTerminating', 'BestEffort', 'NotBestEffort', 'CrossNamespacePodAffinity'];
const POD_RESOURCES = [...['pods', 'cpu', 'memory', 'limits.cpu', 'limits.memory', 'requests.cpu', 'requests.memory']];
const CLAIM_RESOURCES = ['persistentvolumeclaims', 'requests.storage'];
const CONFLICTS = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
] as const;

/** What a scope can narrow (core helper IsResourceQuotaScopeValidForResource). */
function fits(scope: string, resource: string): boolean {
  // Names with a domain and huge pages are not judged.
  if (resource.includes('/') || resource.includes('hugepages-')) return true;
  if (scope === 'BestEffort') return resource === 'pods';
  if (scope === 'VolumeAttributesClass') return CLAIM_RESOURCES.includes(resource);
  return !POD_SCOPES.includes(scope) || POD_RESOURCES.includes(resource);
}

/** `scopes` and `scopeSelector` of a quota (core/validation validateResourceQuotaScopes, validateScopeSelector). */
export function validateQuotaScopes(spec: QuotaSpec): FieldError[] {
  const resources = Object.keys(spec.hard ?? {}).sort();
  const { scopes = [], scopeSelector } = spec;
  const requirements = scopeSelector?.matchExpressions ?? [];
  const field = 'spec.scopeSelector.matchExpressions';
  return [
    ...scopes.flatMap((scope) => [
      ...(SCOPES.includes(scope) ? [] : [invalidValue('spec.scopes', scopes, 'unsupported scope')]),
      ...resources
        .filter((resource) => !fits(scope, resource))
        .map(() => invalidValue('spec.scopes', scopes, 'unsupported scope applied to resource')),
    ]),
    ...conflicting('spec.scopes', scopes, scopes),
    ...requirements.flatMap((requirement) => [
      ...validateRequirement(requirement, field),
      ...resources
        .filter((resource) => !fits(requirement.scopeName, resource))
        .map(() => invalidValue(field, scopeSelector, 'unsupported scope applied to resource')),
    ]),
    ...conflicting(
      field,
      requirements.map(({ scopeName }) => scopeName),
      scopes,
    ),
  ];
}

const conflicting = (field: string, given: readonly string[], shown: readonly string[]): FieldError[] =>
  CONFLICTS.filter(([a, b]) => given.includes(a) && given.includes(b)).map(() =>
    invalidValue(field, shown, 'conflicting scopes'),
  );

function validateRequirement({ scopeName, operator, values = [] }: Requirement, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!SCOPES.includes(scopeName)) errors.push(invalidValue(`${field}.scopeName`, scopeName, 'unsupported scope'));
  if (PLAIN_SCOPES.includes(scopeName) && operator !== 'Exists') {
    errors.push(
      invalidValue(
        `${field}.operator`,
        operator,
        "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
      ),
    );
  }
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) {
        errors.push(
          required(
            `${field}.values`,
            "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
          ),
        );
      }
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) {
        errors.push(
          invalidValue(
            `${field}.values`,
            values,
            "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
          ),
        );
      }
      break;
    default:
      errors.push(invalidValue(`${field}.operator`, operator, 'not a valid selector operator'));
  }
  return errors;
}
