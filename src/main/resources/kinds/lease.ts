import { LEASES, type Lease } from '../../../shared/api/kinds.ts';
import { ageColumn, column, fieldDoc, nameColumn } from '../columns/columns.ts';
import type { KindDefinition } from '../definition.ts';
import type { FieldError } from '../validation/field-error.ts';
import { invalidValue, nonNegative } from '../validation/fields.ts';

const SPEC = 'io.k8s.api.coordination.v1.LeaseSpec';

function validateLease({ spec }: Lease): FieldError[] {
  const errors: FieldError[] = [];
  if (spec?.leaseDurationSeconds !== undefined && spec.leaseDurationSeconds <= 0) {
    errors.push(invalidValue('spec.leaseDurationSeconds', spec.leaseDurationSeconds, 'must be greater than 0'));
  }
  return [...errors, ...nonNegative('spec.leaseTransitions', spec?.leaseTransitions)];
}

export const leaseKind: KindDefinition<Lease> = {
  type: LEASES,
  singular: 'lease',
  shortNames: [],
  categories: [],
  schema: 'io.k8s.api.coordination.v1.Lease',
  durability: 'coalesced',
  hasStatus: false,
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: false,
  allowCreateOnUpdate: true,
  setDefaults() {
    // Leases have no defaults.
  },
  validate: validateLease,
  selectableFields: {},
  columns: [
    nameColumn(),
    column('Holder', 'string', fieldDoc(SPEC, 'holderIdentity'), (lease) => lease.spec?.holderIdentity ?? ''),
    ageColumn(),
  ],
};
