import { isIPv4, isIPv6 } from 'node:net';
import { ENDPOINT_SLICES, type EndpointSlice } from '../../../shared/api/kinds.ts';
import { ageColumn, column, fieldDoc, nameColumn } from '../columns/columns.ts';
import { equalJson } from '../decode/json-value.ts';
import type { KindDefinition } from '../definition.ts';
import { bumpGenerationIf, startGeneration } from '../strategy.ts';
import { PROTOCOLS, validEndpointIp } from '../validation/addresses.ts';
import type { FieldError } from '../validation/field-error.ts';
import {
  complaintsAbout,
  duplicatesIn,
  immutable,
  invalidValue,
  required,
  requiredOneOf,
  tooMany,
} from '../validation/fields.ts';
import { dns1123Label, dns1123Subdomain, portNumber, qualifiedName } from '../validation/names.ts';

const SCHEMA = 'io.k8s.api.discovery.v1.EndpointSlice';
const MOST_ENDPOINTS = 1000;
const MOST_ADDRESSES = 100;
const MOST_PORTS = 20_000;
const SHOWN = 3;

type Endpoint = NonNullable<EndpointSlice['endpoints']>[number];
type Port = NonNullable<EndpointSlice['ports']>[number];

/** discovery/validation ValidateEndpointSlice. */
function validateSlice({ addressType, endpoints = [], ports = [] }: EndpointSlice): FieldError[] {
  return [
    ...requiredOneOf('addressType', addressType, ['FQDN', 'IPv4', 'IPv6']),
    ...(endpoints.length > MOST_ENDPOINTS ? [tooMany('endpoints', endpoints.length, MOST_ENDPOINTS)] : []),
    ...endpoints.flatMap((endpoint, index) => validateEndpoint(endpoint, addressType, `endpoints[${index}]`)),
    ...(ports.length > MOST_PORTS ? [tooMany('ports', ports.length, MOST_PORTS)] : []),
    ...ports.flatMap((port, index) => validatePort(port, `ports[${index}]`)),
    ...duplicatesIn(
      ports,
      // The empty name is a name here, and may be had once.
      ({ name = '' }) => (name === '' ? '""' : name),
      (index) => `ports[${index}].name`,
    ),
  ];
}

function validateEndpoint(endpoint: Endpoint, type: string | undefined, field: string): FieldError[] {
  const { addresses = [], nodeName, hostname } = endpoint;
  return [
    ...(addresses.length === 0 ? [required(`${field}.addresses`, 'must contain at least 1 address')] : []),
    ...(addresses.length > MOST_ADDRESSES ? [tooMany(`${field}.addresses`, addresses.length, MOST_ADDRESSES)] : []),
    ...addresses.flatMap((address, index) => validateAddress(address, type, `${field}.addresses[${index}]`)),
    ...(nodeName === undefined ? [] : complaintsAbout(`${field}.nodeName`, nodeName, dns1123Subdomain(nodeName))),
    ...(hostname === undefined ? [] : complaintsAbout(`${field}.hostname`, hostname, dns1123Label(hostname))),
  ];
}

function validateAddress(address: string, type: string | undefined, field: string): FieldError[] {
  if (type === 'FQDN') return complaintsAbout(field, address, dns1123Subdomain(address));
  if (type === 'IPv4' && !isIPv4(address)) return [invalidValue(field, address, 'must be a valid IPv4 address')];
  if (type === 'IPv6' && !isIPv6(address)) return [invalidValue(field, address, 'must be a valid IPv6 address')];
  return type === 'IPv4' || type === 'IPv6' ? validEndpointIp(field, address) : [];
}

const validatePort = ({ name, protocol, port, appProtocol }: Port, field: string): FieldError[] => [
  ...(name ? complaintsAbout(`${field}.name`, name, dns1123Label(name)) : []),
  ...requiredOneOf(`${field}.protocol`, protocol, PROTOCOLS),
  ...(port === undefined ? [] : complaintsAbout(`${field}.port`, port, portNumber(port))),
  ...(appProtocol === undefined
    ? []
    : complaintsAbout(`${field}.appProtocol`, appProtocol, qualifiedName(appProtocol))),
];

/** The first few, and how many more there are; `<unset>` when there are none. */
function firstFew(items: readonly string[]): string {
  if (items.length === 0) return '<unset>';
  const text = items.slice(0, SHOWN).join(',');
  return items.length > SHOWN ? `${text} + ${items.length - SHOWN} more...` : text;
}

const desired = ({ metadata: _, ...rest }: EndpointSlice): unknown => rest;

export const endpointSliceKind: KindDefinition<EndpointSlice> = {
  type: ENDPOINT_SLICES,
  singular: 'endpointslice',
  shortNames: [],
  categories: [],
  schema: SCHEMA,
  durability: 'durable',
  hasStatus: false,
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: true,
  allowCreateOnUpdate: false,
  setDefaults({ ports }) {
    for (const port of ports ?? []) {
      port.name ??= '';
      port.protocol ??= 'TCP';
    }
  },
  prepareForCreate: startGeneration,
  prepareForUpdate(slice, old) {
    bumpGenerationIf(!equalJson(desired(slice), desired(old)), slice, old);
  },
  validate: validateSlice,
  validateUpdate: (slice, old) => immutable('addressType', slice.addressType, old.addressType),
  selectableFields: {},
  columns: [
    nameColumn(),
    column('AddressType', 'string', fieldDoc(SCHEMA, 'addressType'), ({ addressType }) => addressType ?? ''),
    column('Ports', 'string', fieldDoc(SCHEMA, 'ports'), ({ ports }) =>
      firstFew((ports ?? []).map(({ port }) => (port === undefined ? '*' : String(port)))),
    ),
    column('Endpoints', 'string', fieldDoc(SCHEMA, 'endpoints'), ({ endpoints }) =>
      firstFew((endpoints ?? []).flatMap(({ addresses }) => addresses ?? [])),
    ),
    ageColumn(),
  ],
};
