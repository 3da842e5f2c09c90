import { describe, expect, test } from 'vitest';
import type { PersistentVolumeClaim, Service } from '../../../shared/api/kinds.ts';
import type { JsonObject } from '../decode/json-value.ts';
import { tableOf } from '../table.ts';
import { complaints, update } from '../testing/complaints.ts';
import { created, kindNamed } from '../testing/samples.ts';

const aService = (spec: JsonObject): Service =>
  created<Service>('Service', { metadata: { name: 's', namespace: 'd' }, spec });
const cellsOf = (kindName: string, object: object): unknown[] =>
  tableOf(kindNamed(kindName), [object], {
    now: Date.parse('2026-01-01T01:00:00Z'),
    includeObject: 'None',
    listMeta: {},
  }).rows[0]!.cells;

describe('a Service', () => {
  test('gets the defaults of upstream, and no address of its own', () => {
    expect(aService({ ports: [{ port: 80 }], selector: { app: 'web' } })).toEqual({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 's', namespace: 'd' },
      spec: {
        type: 'ClusterIP',
        sessionAffinity: 'None',
        internalTrafficPolicy: 'Cluster',
        selector: { app: 'web' },
        ports: [{ port: 80, targetPort: 80, protocol: 'TCP' }],
      },
      status: { loadBalancer: {} },
    });
  });

  test('that balances load gets a policy for traffic from outside', () => {
    expect(aService({ type: 'LoadBalancer', ports: [{ port: 80 }] }).spec).toMatchObject({
      externalTrafficPolicy: 'Cluster',
      allocateLoadBalancerNodePorts: true,
    });
  });

  test.each<[JsonObject, string]>([
    [{ spec: { ports: null } }, 'spec.ports: Required value'],
    [{ spec: { ports: [{ port: 80 }, { name: 'b', port: 81 }] } }, 'spec.ports[0].name: Required value'],
    [
      { spec: { ports: [{ port: 70000, targetPort: 1 }] } },
      'spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive',
    ],
    [
      { spec: { type: 'Magic', loadBalancerSourceRanges: null, externalTrafficPolicy: null } },
      'spec.type: Unsupported value: "Magic": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
    ],
    [
      { spec: { clusterIPs: ['10.96.0.11'] } },
      'spec.clusterIPs: Invalid value: ["10.96.0.11"]: first value must match `clusterIP`',
    ],
    [
      { spec: { externalIPs: ['127.0.0.1'] } },
      'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
    ],
    [
      { spec: { sessionAffinityConfig: { clientIP: { timeoutSeconds: 100000 } } } },
      'spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 100000: must be greater than 0 and less than 86400',
    ],
    [
      { spec: { trafficDistribution: 'Far' } },
      'spec.trafficDistribution: Unsupported value: "Far": supported values: "PreferClose", "PreferSameNode", "PreferSameZone"',
    ],
    [
      { metadata: { name: '1web' } },
      `metadata.name: Invalid value: "1web": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')`,
    ],
  ])('%j', (change, message) => expect(complaints('Service', change)).toContain(message));

  test('keeps what it was given when a client leaves it out, and may not change it', () => {
    const { object, errors } = update('Service', { spec: { clusterIP: null, clusterIPs: null } });
    expect(errors).toEqual([]);
    expect((object as Service).spec?.clusterIP).toBe('10.96.0.10');
    expect(update('Service', { spec: { clusterIP: '10.96.0.11', clusterIPs: ['10.96.0.11'] } }).errors).toEqual([
      'spec.clusterIPs[0]: Invalid value: ["10.96.0.11"]: may not change once set',
    ]);
  });

  test('is printed as kubectl does', () => {
    expect(cellsOf('Service', aService({ ports: [{ port: 80 }] })).slice(1, 5)).toEqual([
      'ClusterIP',
      '<none>',
      '<none>',
      '80/TCP',
    ]);
    const balanced = { type: 'LoadBalancer', ports: [{ port: 80, nodePort: 30080 }] };
    expect(cellsOf('Service', aService(balanced)).slice(3, 5)).toEqual(['<pending>', '80:30080/TCP']);
  });
});

describe('volumes and claims', () => {
  test.each<[string, JsonObject, string]>([
    ['PersistentVolume', { spec: { local: null } }, 'spec: Required value: must specify a volume type'],
    [
      'PersistentVolume',
      { spec: { hostPath: { path: '/x' } } },
      'spec.local: Forbidden: may not specify more than 1 volume type',
    ],
    [
      'PersistentVolume',
      { spec: { nodeAffinity: null } },
      'spec.nodeAffinity: Required value: Local volume requires node affinity',
    ],
    [
      'PersistentVolume',
      { spec: { capacity: { storage: '0' } } },
      'spec.capacity[storage]: Invalid value: "0": must be greater than zero',
    ],
    [
      'PersistentVolumeClaim',
      { spec: { accessModes: null } },
      'spec.accessModes: Required value: at least 1 access mode is required',
    ],
    ['PersistentVolumeClaim', { spec: { resources: null } }, 'spec.resources[storage]: Required value'],
    [
      'PersistentVolumeClaim',
      { spec: { accessModes: ['ReadWriteOnce', 'ReadWriteOncePod'] } },
      'spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes',
    ],
  ])('%s %j', (kindName, change, message) => expect(complaints(kindName, change)).toEqual([message]));

  const bound = (): PersistentVolumeClaim => ({
    ...created<PersistentVolumeClaim>('PersistentVolumeClaim'),
    status: { phase: 'Bound', capacity: { storage: '1Gi' } },
  });

  test('a claim is given its volume once, grows when bound, and is otherwise for life', () => {
    expect(update('PersistentVolumeClaim', { spec: { volumeName: 'disk-1' } }).errors).toEqual([]);
    const size = (storage: string): JsonObject => ({ spec: { resources: { requests: { storage } } } });
    expect(update('PersistentVolumeClaim', size('2Gi'), bound()).errors).toEqual([]);
    expect(update('PersistentVolumeClaim', size('500Mi'), bound()).errors).toEqual([
      'spec.resources.requests.storage: Forbidden: field can not be less than status.capacity',
    ]);
    expect(update('PersistentVolumeClaim', { spec: { accessModes: ['ReadWriteMany'] } }).errors).toEqual([
      'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
    ]);
  });

  test('a volume stays where it is', () => {
    expect(update('PersistentVolume', { spec: { local: { path: '/elsewhere' } } }).errors).toEqual([
      'spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation',
    ]);
  });
});

describe('quotas and limits', () => {
  test.each<[string, JsonObject, string]>([
    [
      'ResourceQuota',
      { spec: { hard: { 'requests.cpu': null, 'limits.memory': null, ducks: '1' } } },
      'spec.hard[ducks]: Invalid value: "ducks": must be a standard resource type or fully qualified',
    ],
    [
      'ResourceQuota',
      { spec: { hard: { pods: '1.5' } } },
      'spec.hard[pods]: Invalid value: "1500m": must be an integer',
    ],
    [
      'ResourceQuota',
      { spec: { hard: { services: '1' } } },
      'spec.scopes: Invalid value: ["NotTerminating"]: unsupported scope applied to resource',
    ],
    [
      'ResourceQuota',
      { spec: { scopes: ['Terminating', 'NotTerminating'] } },
      'spec.scopes: Invalid value: ["Terminating","NotTerminating"]: conflicting scopes',
    ],
    [
      'LimitRange',
      { spec: { limits: [{ type: 'Container', min: { cpu: '2' }, max: { cpu: '1' } }] } },
      'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
    ],
    [
      'LimitRange',
      { spec: { limits: [{ type: 'Pod', default: { cpu: '2' } }] } },
      "spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'",
    ],
    [
      'LimitRange',
      { spec: { limits: [{ type: 'PersistentVolumeClaim' }] } },
      'spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but neither was provided',
    ],
    [
      'ReplicationController',
      { spec: { selector: { app: 'other' } } },
      expect.stringContaining('`selector` does not match template `labels`') as string,
    ],
    [
      'Endpoints',
      { subsets: [{ ports: [{ port: 80 }] }] },
      'subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`',
    ],
  ])('%s %j', (kindName, change, message) => expect(complaints(kindName, change)).toContainEqual(message));

  test('the default limit of a container is the maximum, its request the limit', () => {
    const range = created('LimitRange', {
      metadata: { name: 'l', namespace: 'd' },
      spec: { limits: [{ type: 'Container', max: { cpu: '2' }, min: { memory: '1Mi' } }] },
    });
    expect(range).toMatchObject({
      spec: { limits: [{ default: { cpu: '2' }, defaultRequest: { cpu: '2', memory: '1Mi' } }] },
    });
  });

  test('a quota is printed with what is used of it', () => {
    const quota = { status: { hard: { pods: '10', 'limits.cpu': '4' }, used: { pods: '3' } } };
    expect(cellsOf('ResourceQuota', quota).slice(1, 3)).toEqual(['pods: 3/10', 'limits.cpu: 0/4']);
  });
});
