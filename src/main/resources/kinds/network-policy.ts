import { NETWORK_POLICIES, type NetworkPolicy } from '../../../shared/api/kinds.ts';
import { ageColumn, column, fieldDoc, nameColumn, printSelector } from '../columns/columns.ts';
import type { KindDefinition } from '../definition.ts';
import { bumpGeneration, startGeneration } from '../strategy.ts';
import { isStrictSubnet, validCidr, validPort } from '../validation/addresses.ts';
import type { FieldError } from '../validation/field-error.ts';
import { complaintsAbout, forbiddenField, invalidValue, oneOf, required } from '../validation/fields.ts';
import { validateLabelSelector } from '../validation/label-selector.ts';
import { portNumber } from '../validation/names.ts';

type Spec = NonNullable<NetworkPolicy['spec']>;
type Rule = NonNullable<Spec['ingress']>[number];
type Port = NonNullable<Rule['ports']>[number];
type Peer = NonNullable<Rule['from']>[number];

const TYPES = ['Ingress', 'Egress'];

/** A policy is about what comes in, and about what goes out if it says anything of that. */
function setPolicyDefaults({ spec }: NetworkPolicy): void {
  if (!spec) return;
  spec.policyTypes ??= spec.egress?.length ? [...TYPES] : ['Ingress'];
  for (const { ports } of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
    for (const port of ports ?? []) port.protocol ??= 'TCP';
  }
}

/** networking/validation ValidateNetworkPolicySpec. */
function validatePolicy({ spec }: NetworkPolicy): FieldError[] {
  const { podSelector, ingress = [], egress = [], policyTypes = [] } = spec ?? {};
  const rules = [
    ...ingress.map(({ ports, from }, index) => ({ ports, peers: from, field: `spec.ingress[${index}]`, side: 'from' })),
    ...egress.map(({ ports, to }, index) => ({ ports, peers: to, field: `spec.egress[${index}]`, side: 'to' })),
  ];
  return [
    ...(podSelector ? validateLabelSelector(podSelector, 'spec.podSelector') : []),
    ...rules.flatMap(({ ports = [], peers = [], field, side }) => [
      ...ports.flatMap((port, index) => validatePolicyPort(port, `${field}.ports[${index}]`)),
      ...peers.flatMap((peer, index) => validatePeer(peer, `${field}.${side}[${index}]`)),
    ]),
    ...(policyTypes.length > TYPES.length
      ? [invalidValue('spec.policyTypes', policyTypes, 'may not specify more than two policyTypes')]
      : policyTypes.flatMap((type, index) => oneOf(`spec.policyTypes[${index}]`, type, TYPES))),
  ];
}

function validatePolicyPort({ protocol, port, endPort }: Port, field: string): FieldError[] {
  const errors = [
    ...oneOf(`${field}.protocol`, protocol, ['TCP', 'UDP', 'SCTP']),
    ...(port === undefined ? [] : validPort(`${field}.port`, port)),
  ];
  if (endPort === undefined) return errors;
  const at = `${field}.endPort`;
  if (typeof port !== 'number') {
    const state = port === undefined ? 'not specified' : 'non-numeric';
    return [...errors, invalidValue(at, endPort, `may not be specified when \`port\` is ${state}`)];
  }
  if (endPort < port) errors.push(invalidValue(at, port, 'must be greater than or equal to `port`'));
  return [...errors, ...complaintsAbout(at, endPort, portNumber(endPort))];
}

function validatePeer({ podSelector, namespaceSelector, ipBlock }: Peer, field: string): FieldError[] {
  const given = [podSelector ?? namespaceSelector, ipBlock].filter((item) => item !== undefined).length;
  const errors = [
    ...(podSelector ? validateLabelSelector(podSelector, `${field}.podSelector`) : []),
    ...(namespaceSelector ? validateLabelSelector(namespaceSelector, `${field}.namespaceSelector`) : []),
    ...(ipBlock ? validateBlock(ipBlock, `${field}.ipBlock`) : []),
  ];
  if (given === 0) return [...errors, required(field, 'must specify a peer')];
  return given > 1 ? [...errors, forbiddenField(field, 'may not specify both ipBlock and another peer')] : errors;
}

function validateBlock({ cidr, except = [] }: NonNullable<Peer['ipBlock']>, field: string): FieldError[] {
  if (!cidr) return [required(`${field}.cidr`)];
  const errors = validCidr(`${field}.cidr`, cidr);
  if (errors.length > 0) return errors;
  return except.flatMap((part, index) => {
    const at = `${field}.except[${index}]`;
    const wrong = validCidr(at, part);
    if (wrong.length > 0 || isStrictSubnet(part, cidr)) return wrong;
    return [invalidValue(at, part, 'must be a strict subset of `cidr`')];
  });
}

export const networkPolicyKind: KindDefinition<NetworkPolicy> = {
  type: NETWORK_POLICIES,
  singular: 'networkpolicy',
  shortNames: ['netpol'],
  categories: [],
  schema: 'io.k8s.api.networking.v1.NetworkPolicy',
  durability: 'durable',
  hasStatus: false,
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: true,
  allowCreateOnUpdate: false,
  setDefaults: setPolicyDefaults,
  prepareForCreate: startGeneration,
  prepareForUpdate: bumpGeneration,
  validate: validatePolicy,
  selectableFields: {},
  columns: [
    nameColumn(),
    column(
      'Pod-Selector',
      'string',
      fieldDoc('io.k8s.api.networking.v1.NetworkPolicySpec', 'podSelector'),
      ({ spec }) => printSelector(spec?.podSelector),
    ),
    ageColumn(),
  ],
};
