import { isIP } from 'node:net';
import { IP_ADDRESSES, type IPAddress } from '../../../shared/api/kinds.ts';
import { ageColumn, column, fieldDoc, nameColumn } from '../columns/columns.ts';
import type { KindDefinition } from '../definition.ts';
import type { FieldError } from '../validation/field-error.ts';
import { complaintsAbout, immutable, invalidValue, required } from '../validation/fields.ts';
import { dns1123Subdomain, pathSegment } from '../validation/names.ts';

/** networking/validation ValidateIPAddress: the name is the address. */
function validateAddress({ metadata, spec }: IPAddress): FieldError[] {
  const name = metadata?.name ?? '';
  const field = 'spec.parentRef';
  const parent = spec?.parentRef;
  return [
    ...(name === '' || isIP(name) !== 0
      ? []
      : [invalidValue('metadata.name', name, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')]),
    ...(parent ? [] : [required(field)]),
    ...(parent?.group ? complaintsAbout(`${field}.group`, parent.group, dns1123Subdomain(parent.group)) : []),
    ...(['resource', 'name'] as const).flatMap((part) => {
      const value = parent?.[part];
      if (!parent) return [];
      return value ? complaintsAbout(`${field}.${part}`, value, pathSegment(value)) : [required(`${field}.${part}`)];
    }),
    ...(parent?.namespace
      ? complaintsAbout(`${field}.namespace`, parent.namespace, pathSegment(parent.namespace))
      : []),
  ];
}

/** `services/default/web` */
function parentOf({ spec }: IPAddress): string {
  const { group = '', resource = '', namespace = '', name = '' } = spec?.parentRef ?? {};
  const kind = group === '' ? resource : `${resource}.${group}`;
  return namespace === '' ? `${kind}/${name}` : `${kind}/${namespace}/${name}`;
}

export const ipAddressKind: KindDefinition<IPAddress> = {
  type: IP_ADDRESSES,
  singular: 'ipaddress',
  shortNames: ['ip'],
  categories: [],
  schema: 'io.k8s.api.networking.v1.IPAddress',
  durability: 'durable',
  hasStatus: false,
  subresources: [],
  nameRule: 'path-segment',
  allowUnconditionalUpdate: true,
  allowCreateOnUpdate: false,
  setDefaults() {
    // IPAddresses have no defaults.
  },
  validate: validateAddress,
  validateUpdate: ({ spec }, old) => immutable('spec.parentRef', spec?.parentRef, old.spec?.parentRef),
  selectableFields: {},
  columns: [
    nameColumn(),
    column('ParentRef', 'string', fieldDoc('io.k8s.api.networking.v1.IPAddressSpec', 'parentRef'), parentOf),
    ageColumn(),
  ],
};
