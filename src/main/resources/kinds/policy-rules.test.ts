import { expect, test } from 'vitest';
import type { JsonObject } from '../decode/json-value.ts';
import { tableOf } from '../table.ts';
import { complaints, update } from '../testing/complaints.ts';
import { created, kindNamed } from '../testing/samples.ts';

const backend = { service: { name: 'web', port: { number: 80 } } };
const path = (fields: JsonObject): JsonObject => ({
  spec: { rules: [{ http: { paths: [{ path: '/', pathType: 'Prefix', backend, ...fields }] } }] },
});

test.each<[string, JsonObject, string]>([
  [
    'Ingress',
    { spec: { rules: null, defaultBackend: null } },
    'spec: Invalid value: []: either `defaultBackend` or `rules` must be specified',
  ],
  [
    'Ingress',
    path({ pathType: null }),
    'spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified',
  ],
  [
    'Ingress',
    path({ path: 'cart' }),
    'spec.rules[0].http.paths[0].path: Invalid value: "cart": must be an absolute path',
  ],
  [
    'Ingress',
    path({ path: '/a/../b' }),
    `spec.rules[0].http.paths[0].path: Invalid value: "/a/../b": must not contain '/../'`,
  ],
  [
    'Ingress',
    path({ backend: {} }),
    'spec.rules[0].http.paths[0].backend: Invalid value: "": resource or service backend is required',
  ],
  [
    'Ingress',
    { spec: { rules: [{ host: '10.0.0.1' }] } },
    'spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address',
  ],
  [
    'IngressClass',
    { spec: { controller: 'mine' } },
    'spec.controller: Invalid value: "mine": must be a domain-prefixed path (such as "acme.io/foo")',
  ],
  [
    'IngressClass',
    { spec: { parameters: { scope: 'Namespace' } } },
    "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'",
  ],
  [
    'NetworkPolicy',
    { spec: { ingress: [{ from: [{}] }], egress: null } },
    'spec.ingress[0].from[0]: Required value: must specify a peer',
  ],
  [
    'NetworkPolicy',
    { spec: { egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['11.0.0.0/16'] } }] }] } },
    'spec.egress[0].to[0].ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`',
  ],
  [
    'NetworkPolicy',
    { spec: { ingress: [{ ports: [{ port: 80, endPort: 79 }] }] } },
    'spec.ingress[0].ports[0].endPort: Invalid value: 80: must be greater than or equal to `port`',
  ],
  [
    'EndpointSlice',
    { addressType: 'IPv6' },
    'endpoints[0].addresses[0]: Invalid value: "10.1.0.2": must be a valid IPv6 address',
  ],
  ['EndpointSlice', { ports: [{ port: 1 }, { port: 2 }] }, 'ports[1].name: Duplicate value: "\\"\\""'],
  [
    'IPAddress',
    { metadata: { name: 'ten' } },
    'metadata.name: Invalid value: "ten": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
  ],
  ['ServiceCIDR', { spec: { cidrs: null } }, 'spec.cidrs: Required value: at least one CIDR required'],
  [
    'Role',
    { rules: [{ verbs: ['get'] }] },
    'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
  ],
  [
    'Role',
    { rules: [{ verbs: ['get'], nonResourceURLs: ['/x'] }] },
    'rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs',
  ],
  [
    'RoleBinding',
    { roleRef: { kind: 'Pod' } },
    'roleRef.kind: Unsupported value: "Pod": supported values: "Role", "ClusterRole"',
  ],
  [
    'ClusterRoleBinding',
    { subjects: [{ kind: 'ServiceAccount', name: 'a' }] },
    'subjects[0].namespace: Required value',
  ],
  ['StorageClass', { provisioner: null }, 'provisioner: Required value'],
  [
    'PodDisruptionBudget',
    { spec: { maxUnavailable: 1 } },
    expect.stringContaining('minAvailable and maxUnavailable cannot be both set') as unknown as string,
  ],
  [
    'PodDisruptionBudget',
    { spec: { minAvailable: '101%' } },
    'spec.minAvailable: Invalid value: "101%": must not be greater than 100%',
  ],
  [
    'PriorityClass',
    { value: 1000000001 },
    'value: Forbidden: maximum allowed value of a user defined priority is 1000000000',
  ],
  [
    'PriorityClass',
    { metadata: { name: 'system-mine' } },
    "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-mine is not a known system priority class",
  ],
  ['RuntimeClass', { handler: null }, 'handler: Required value'],
])('%s %j', (kindName, change, message) => expect(complaints(kindName, change)).toContainEqual(message));

test.each<[string, JsonObject, string]>([
  [
    'IngressClass',
    { spec: { controller: 'example.com/other' } },
    'spec.controller: Invalid value: "example.com/other": field is immutable',
  ],
  ['EndpointSlice', { addressType: 'FQDN', endpoints: null }, 'addressType: Invalid value: "FQDN": field is immutable'],
  ['StorageClass', { parameters: { type: 'hdd' } }, 'parameters: Forbidden: updates to parameters are forbidden.'],
  ['PriorityClass', { value: 2000 }, 'value: Forbidden: may not be changed in an update.'],
  ['RuntimeClass', { handler: 'other' }, 'handler: Invalid value: "other": field is immutable'],
  [
    'ServiceCIDR',
    { spec: { cidrs: ['10.96.0.0/12'] } },
    'spec.cidrs: Invalid value: ["10.96.0.0/12"]: field is immutable',
  ],
  [
    'RoleBinding',
    { roleRef: { name: 'writer' } },
    expect.stringMatching(/^roleRef: Invalid value: .*: cannot change roleRef$/) as unknown as string,
  ],
])('%s keeps %j', (kindName, change, message) => expect(update(kindName, change).errors).toEqual([message]));

test('a policy is about what goes out when it says something of that', () => {
  expect(created('NetworkPolicy')).toMatchObject({ spec: { policyTypes: ['Ingress', 'Egress'] } });
  const inOnly = { metadata: { name: 'p', namespace: 'd' }, spec: { podSelector: {} } };
  expect(created('NetworkPolicy', inOnly)).toMatchObject({ spec: { policyTypes: ['Ingress'] } });
});

test.each<[string, unknown[]]>([
  ['Ingress', ['public', 'shop.example.com', '', '80, 443']],
  ['NetworkPolicy', ['app=web']],
  ['EndpointSlice', ['IPv4', '80', '10.1.0.2']],
  ['RoleBinding', ['Role/reader']],
  ['PodDisruptionBudget', ['50%', 'N/A', 0]],
  ['IPAddress', ['services/default/web']],
])('%s is printed as kubectl does', (kindName, cells) => {
  const options = { now: 0, includeObject: 'None' as const, listMeta: {} };
  const row = tableOf(kindNamed(kindName), [created(kindName)], options).rows[0]!;
  expect(row.cells.slice(1, cells.length + 1)).toEqual(cells);
});

test('the default class is marked', () => {
  const object = { metadata: { name: 'fast', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } } };
  const table = tableOf(kindNamed('StorageClass'), [object], { now: 0, includeObject: 'None', listMeta: {} });
  expect(table.rows[0]!.cells[0]).toBe('fast (default)');
});
