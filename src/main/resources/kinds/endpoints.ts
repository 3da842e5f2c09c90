import { ENDPOINTS, type Endpoints } from '../../../shared/api/kinds.ts';
import { ageColumn, column, fieldDoc, nameColumn } from '../columns/columns.ts';
import type { KindDefinition } from '../definition.ts';
import { PROTOCOLS, validEndpointIp } from '../validation/addresses.ts';
import type { FieldError } from '../validation/field-error.ts';
import { complaintsAbout, required, requiredOneOf } from '../validation/fields.ts';
import { dns1123Label, dns1123Subdomain, portNumber, qualifiedName } from '../validation/names.ts';

const SCHEMA = 'io.k8s.api.core.v1.Endpoints';
/** The column shows this many addresses. */
const SHOWN = 3;

type Subset = NonNullable<Endpoints['subsets']>[number];
type Address = NonNullable<Subset['addresses']>[number];
type Port = NonNullable<Subset['ports']>[number];

function validateSubset(subset: Subset, field: string): FieldError[] {
  const { addresses = [], notReadyAddresses = [], ports = [] } = subset;
  return [
    ...(addresses.length + notReadyAddresses.length === 0
      ? [required(field, 'must specify `addresses` or `notReadyAddresses`')]
      : []),
    ...addresses.flatMap((address, index) => validateAddress(address, `${field}.addresses[${index}]`)),
    ...notReadyAddresses.flatMap((address, index) => validateAddress(address, `${field}.notReadyAddresses[${index}]`)),
    ...ports.flatMap((port, index) => validatePort(port, ports.length > 1, `${field}.ports[${index}]`)),
  ];
}

const validateAddress = ({ ip = '', hostname, nodeName }: Address, field: string): FieldError[] => [
  ...validEndpointIp(`${field}.ip`, ip),
  ...(hostname ? complaintsAbout(`${field}.hostname`, hostname, dns1123Label(hostname)) : []),
  ...(nodeName === undefined ? [] : complaintsAbout(`${field}.nodeName`, nodeName, dns1123Subdomain(nodeName))),
];

const validatePort = (
  { name, port = 0, protocol, appProtocol }: Port,
  needsName: boolean,
  field: string,
): FieldError[] => [
  ...(needsName && !name ? [required(`${field}.name`)] : []),
  ...(name ? complaintsAbout(`${field}.name`, name, dns1123Label(name)) : []),
  ...complaintsAbout(`${field}.port`, port, portNumber(port)),
  ...requiredOneOf(`${field}.protocol`, protocol, PROTOCOLS),
  ...(appProtocol === undefined
    ? []
    : complaintsAbout(`${field}.appProtocol`, appProtocol, qualifiedName(appProtocol))),
];

const hostPort = (ip: string, port: number): string => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`);

/** `10.1.0.2:80,10.1.0.3:80 + 2 more...` */
function printEndpoints({ subsets = [] }: Endpoints): string {
  if (subsets.length === 0) return '<none>';
  const all = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0
      ? addresses.map(({ ip }) => ip)
      : ports.flatMap(({ port }) => addresses.map(({ ip }) => hostPort(ip ?? '', port))),
  );
  const text = all.slice(0, SHOWN).join(',');
  return all.length > SHOWN ? `${text} + ${all.length - SHOWN} more...` : text;
}

export const endpointsKind: KindDefinition<Endpoints> = {
  type: ENDPOINTS,
  singular: 'endpoints',
  shortNames: ['ep'],
  categories: [],
  schema: SCHEMA,
  durability: 'durable',
  hasStatus: false,
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: true,
  allowCreateOnUpdate: true,
  setDefaults({ subsets }) {
    for (const { ports } of subsets ?? []) for (const port of ports ?? []) port.protocol ||= 'TCP';
  },
  validate: ({ subsets }) => (subsets ?? []).flatMap((subset, index) => validateSubset(subset, `subsets[${index}]`)),
  selectableFields: {},
  columns: [nameColumn(), column('Endpoints', 'string', fieldDoc(SCHEMA, 'subsets'), printEndpoints), ageColumn()],
};
