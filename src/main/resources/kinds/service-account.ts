import { SERVICE_ACCOUNTS, type ServiceAccount } from '../../../shared/api/kinds.ts';
import { ageColumn, column, fieldDoc, nameColumn } from '../columns/columns.ts';
import type { KindDefinition } from '../definition.ts';

const SCHEMA = 'io.k8s.api.core.v1.ServiceAccount';

export const serviceAccountKind: KindDefinition<ServiceAccount> = {
  type: SERVICE_ACCOUNTS,
  singular: 'serviceaccount',
  shortNames: ['sa'],
  categories: [],
  schema: SCHEMA,
  durability: 'durable',
  hasStatus: false,
  subresources: [
    {
      name: 'token',
      kind: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
      verbs: ['create'],
    },
  ],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: true,
  allowCreateOnUpdate: false,
  setDefaults() {
    // ServiceAccounts have no defaults.
  },
  validate: () => [],
  selectableFields: {},
  columns: [
    nameColumn(),
    column('Secrets', 'string', fieldDoc(SCHEMA, 'secrets'), (account) => account.secrets?.length ?? 0),
    ageColumn(),
  ],
};
