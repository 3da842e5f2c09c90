import { NODES, type Node } from '../../../shared/api/kinds.ts';
import { ageColumn, column, fieldDoc, nameColumn, wideColumn } from '../columns/columns.ts';
import { nodeAddress, nodeRoles, nodeStatus } from '../columns/node-summary.ts';
import { equalJson } from '../decode/json-value.ts';
import type { KindDefinition } from '../definition.ts';
import type { FieldError } from '../validation/field-error.ts';
import { complaintsAbout, duplicatesIn, forbiddenField, invalidValue, requiredOneOf } from '../validation/fields.ts';
import { cidr } from '../validation/names.ts';
import { validateTaints } from '../validation/taints.ts';

const SYSTEM_INFO = 'io.k8s.api.core.v1.NodeSystemInfo';
const NODE_STATUS = 'io.k8s.api.core.v1.NodeStatus';

function validateNode(node: Node): FieldError[] {
  const cidrs = node.spec?.podCIDRs ?? [];
  const errors = cidrs.flatMap((text, index) => complaintsAbout(`spec.podCIDRs[${index}]`, text, cidr(text)));
  if (cidrs.length > 2) {
    errors.push(invalidValue('spec.podCIDRs', cidrs, 'may specify no more than one CIDR for each IP family'));
  }
  const podCidr = node.spec?.podCIDR;
  if (podCidr && cidrs[0] !== undefined && cidrs[0] !== podCidr) {
    errors.push(invalidValue('spec.podCIDRs[0]', cidrs[0], `must match \`podCIDR\` (${podCidr})`));
  }
  return [...errors, ...validateTaints(node.spec?.taints ?? [], 'spec.taints'), ...validateAddresses(node)];
}

function validateAddresses(node: Node): FieldError[] {
  const addresses = node.status?.addresses ?? [];
  return [
    ...addresses.flatMap(({ type }, index) =>
      requiredOneOf(`status.addresses[${index}].type`, type, [
        'Hostname',
        'InternalIP',
        'ExternalIP',
        'InternalDNS',
        'ExternalDNS',
      ]),
    ),
    ...duplicatesIn(
      addresses,
      ({ type, address }) => `${type}:${address}`,
      (index) => `status.addresses[${index}]`,
    ),
  ];
}

/** A pod network or a provider id, once given, is the node's for life. */
function validateNodeUpdate(node: Node, old: Node): FieldError[] {
  const errors: FieldError[] = [];
  const before = old.spec ?? {};
  if (before.podCIDRs?.length && !equalJson(node.spec?.podCIDRs, before.podCIDRs)) {
    errors.push(forbiddenField('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'));
  }
  if (before.podCIDR && node.spec?.podCIDR !== before.podCIDR) {
    errors.push(forbiddenField('spec.podCIDR', 'node updates may not change podCIDR except from "" to valid'));
  }
  if (before.providerID && node.spec?.providerID !== before.providerID) {
    errors.push(forbiddenField('spec.providerID', 'node updates may not change providerID except from "" to valid'));
  }
  return errors;
}

/** `podCIDR` is the first of `podCIDRs`: whoever writes one gets both. */
function mirrorPodCidr(node: Node): void {
  const { spec } = node;
  if (!spec) return;
  if (spec.podCIDR && !spec.podCIDRs?.length) spec.podCIDRs = [spec.podCIDR];
  const first = spec.podCIDRs?.[0];
  if (first && !spec.podCIDR) spec.podCIDR = first;
}

export const nodeKind: KindDefinition<Node> = {
  type: NODES,
  singular: 'node',
  shortNames: ['no'],
  categories: [],
  schema: 'io.k8s.api.core.v1.Node',
  durability: 'durable',
  hasStatus: true,
  subresources: [
    {
      name: 'proxy',
      kind: { group: '', version: 'v1', kind: 'NodeProxyOptions' },
      verbs: ['create', 'delete', 'get', 'patch', 'update'],
    },
  ],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: true,
  allowCreateOnUpdate: false,
  setDefaults(node) {
    // A node that says only what it has can use all of it.
    if (node.status?.capacity && !node.status.allocatable) node.status.allocatable = { ...node.status.capacity };
    mirrorPodCidr(node);
  },
  validate: validateNode,
  validateUpdate: validateNodeUpdate,
  validateStatusUpdate: validateAddresses,
  selectableFields: { 'spec.unschedulable': (node) => String(node.spec?.unschedulable ?? false) },
  columns: [
    nameColumn(),
    column('Status', 'string', 'The status of the node', nodeStatus),
    column('Roles', 'string', 'The roles of the node', nodeRoles),
    ageColumn(),
    column(
      'Version',
      'string',
      fieldDoc(SYSTEM_INFO, 'kubeletVersion'),
      (node) => node.status?.nodeInfo?.kubeletVersion ?? '',
    ),
    wideColumn('Internal-IP', 'string', fieldDoc(NODE_STATUS, 'addresses'), (node) => nodeAddress(node, 'InternalIP')),
    wideColumn('External-IP', 'string', fieldDoc(NODE_STATUS, 'addresses'), (node) => nodeAddress(node, 'ExternalIP')),
    wideColumn(
      'OS-Image',
      'string',
      fieldDoc(SYSTEM_INFO, 'osImage'),
      (node) => node.status?.nodeInfo?.osImage || '<unknown>',
    ),
    wideColumn(
      'Kernel-Version',
      'string',
      fieldDoc(SYSTEM_INFO, 'kernelVersion'),
      (node) => node.status?.nodeInfo?.kernelVersion || '<unknown>',
    ),
    wideColumn(
      'Container-Runtime',
      'string',
      fieldDoc(SYSTEM_INFO, 'containerRuntimeVersion'),
      (node) => node.status?.nodeInfo?.containerRuntimeVersion || '<unknown>',
    ),
  ],
};
