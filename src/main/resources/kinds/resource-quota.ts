import { RESOURCE_QUOTAS, type ResourceQuota } from '../../../shared/api/kinds.ts';
import { ageColumn, column, nameColumn } from '../columns/columns.ts';
import { equalJson } from '../decode/json-value.ts';
import type { KindDefinition } from '../definition.ts';
import type { FieldError } from '../validation/field-error.ts';
import { invalidValue } from '../validation/fields.ts';
import { validateQuotaResourceName, validateResourceAmount } from '../validation/quantities.ts';
import { validateQuotaScopes } from '../validation/quota-scopes.ts';

type Amounts = Readonly<Record<string, string>>;

const validateAmounts = (field: string, amounts: Amounts | undefined): FieldError[] =>
  Object.entries(amounts ?? {}).flatMap(([name, amount]) => [
    ...validateQuotaResourceName(name, `${field}[${name}]`),
    ...validateResourceAmount(name, amount, `${field}[${name}]`),
  ]);

const validateStatus = ({ status }: ResourceQuota): FieldError[] => [
  ...validateAmounts('status.hard', status?.hard),
  ...validateAmounts('status.used', status?.used),
];

const sorted = (items: readonly string[] | undefined): string[] => [...new Set(items)].sort();

/** `limits.cpu: 1/2, ...`: used and hard of what the status knows, limits or the rest. */
function printUsage(limits: boolean): (quota: ResourceQuota) => string {
  return ({ status }) =>
    Object.entries(status?.hard ?? {})
      .filter(([name]) => name.startsWith('limits.') === limits)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, hard]) => `${name}: ${status?.used?.[name] ?? '0'}/${hard}`)
      .join(', ');
}

export const resourceQuotaKind: KindDefinition<ResourceQuota> = {
  type: RESOURCE_QUOTAS,
  singular: 'resourcequota',
  shortNames: ['quota'],
  categories: [],
  schema: 'io.k8s.api.core.v1.ResourceQuota',
  durability: 'durable',
  hasStatus: true,
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: true,
  allowCreateOnUpdate: false,
  setDefaults() {
    // ResourceQuotas have no defaults.
  },
  prepareForCreate(quota) {
    quota.status = {};
  },
  validate: (quota) => [
    ...validateAmounts('spec.hard', quota.spec?.hard),
    ...validateQuotaScopes(quota.spec ?? {}),
    ...validateStatus(quota),
  ],
  validateUpdate: ({ spec }, old) =>
    equalJson(sorted(spec?.scopes), sorted(old.spec?.scopes))
      ? []
      : [invalidValue('spec.scopes', spec?.scopes, 'field is immutable')],
  validateStatusUpdate: validateStatus,
  selectableFields: {},
  columns: [
    nameColumn(),
    column(
      'Request',
      'string',
      'Request represents a minimum amount of cpu/memory that a container may consume.',
      printUsage(false),
    ),
    column(
      'Limit',
      'string',
      'Limits control the maximum amount of cpu/memory that a container may use independent of contention on the node.',
      printUsage(true),
    ),
    ageColumn(),
  ],
};
