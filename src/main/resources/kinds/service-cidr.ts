import { SERVICE_CIDRS, type ServiceCIDR } from '../../../shared/api/kinds.ts';
import { ageColumn, column, fieldDoc, nameColumn } from '../columns/columns.ts';
import type { KindDefinition } from '../definition.ts';
import { isOneOfEachFamily, validCidr } from '../validation/addresses.ts';
import type { FieldError } from '../validation/field-error.ts';
import { invalidValue, required } from '../validation/fields.ts';

const FIELD = 'spec.cidrs';

/** networking/validation ValidateServiceCIDR. */
function validateCidrs({ spec }: ServiceCIDR): FieldError[] {
  const cidrs = spec?.cidrs ?? [];
  if (cidrs.length === 0) return [required(FIELD, 'at least one CIDR required')];
  if (cidrs.length > 2) return [invalidValue(FIELD, spec, 'may only hold up to 2 values')];
  return [
    ...cidrs.flatMap((cidr, index) => validCidr(`${FIELD}[${index}]`, cidr)),
    ...(isOneOfEachFamily(cidrs)
      ? []
      : [
          invalidValue(
            FIELD,
            cidrs,
            'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
          ),
        ]),
  ];
}

/** A second family may be added; nothing else changes. */
function validateCidrsUpdate({ spec }: ServiceCIDR, old: ServiceCIDR): FieldError[] {
  const [after, before] = [spec?.cidrs ?? [], old.spec?.cidrs ?? []];
  if (after.length < before.length || (after.length > before.length && before.length !== 1)) {
    return [invalidValue(FIELD, after, 'field is immutable')];
  }
  return before.flatMap((cidr, index) =>
    cidr === after[index] ? [] : [invalidValue(`${FIELD}[${index}]`, after[index], 'field is immutable')],
  );
}

export const serviceCidrKind: KindDefinition<ServiceCIDR> = {
  type: SERVICE_CIDRS,
  singular: 'servicecidr',
  shortNames: [],
  categories: [],
  schema: 'io.k8s.api.networking.v1.ServiceCIDR',
  durability: 'durable',
  hasStatus: true,
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: true,
  allowCreateOnUpdate: false,
  setDefaults() {
    // ServiceCIDRs have no defaults.
  },
  prepareForCreate(item) {
    item.status = {};
  },
  validate: validateCidrs,
  validateUpdate: validateCidrsUpdate,
  selectableFields: {},
  columns: [
    nameColumn(),
    column('CIDRs', 'string', fieldDoc('io.k8s.api.networking.v1.ServiceCIDRSpec', 'cidrs'), ({ spec }) =>
      (spec?.cidrs ?? []).join(','),
    ),
    ageColumn(),
  ],
};
