import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../shared/api/meta.ts';
import type { JsonObject } from '../decode/json-value.ts';
import { mergePatch } from '../patch/merge-patch.ts';
import { complaints, update } from '../testing/complaints.ts';
import { created, kindNamed } from '../testing/samples.ts';
import { causeOf } from '../validation/field-error.ts';

/** Complaints in upstream's own words, line by line as its source has them. */

const perIndex = { completions: 100_001, parallelism: 1, maxFailedIndexes: 1, successPolicy: null };
const failing = (rule: JsonObject): JsonObject => ({ spec: { podFailurePolicy: { rules: [rule] } } });
const coded = (values: number[]): JsonObject =>
  failing({ action: 'FailJob', onExitCodes: { operator: 'NotIn', values } });
const enough = (rule: JsonObject): JsonObject => ({
  spec: { completions: 5, parallelism: 1, maxFailedIndexes: null, successPolicy: { rules: [rule] } },
});
const rule = 'spec.podFailurePolicy.rules[0]';
const indexes = 'spec.successPolicy.rules[0].succeededIndexes';
const count = 'spec.successPolicy.rules[0].succeededCount';

describe('a Job', () => {
  test.each<[JsonObject, string]>([
    [
      { spec: { managedBy: 'nobody' } },
      'spec.managedBy: Invalid value: "nobody": must be a domain-prefixed path (such as "acme.io/foo")',
    ],
    [{ spec: { managedBy: `a.io/${'x'.repeat(60)}` } }, 'spec.managedBy: Too long: may not be more than 63 bytes'],
    [
      { spec: { completionMode: 'Odd', successPolicy: null } },
      'spec.completionMode: Unsupported value: "Odd": supported values: "NonIndexed", "Indexed"',
    ],
    [
      { spec: { ...perIndex, maxFailedIndexes: null } },
      'spec.maxFailedIndexes: Required value: must be specified when completions is above 100000',
    ],
    [
      { spec: { ...perIndex, parallelism: 50_000 } },
      'spec.parallelism: Invalid value: 50000: must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index',
    ],
    [
      { spec: { ...perIndex, maxFailedIndexes: 100_001 } },
      'spec.maxFailedIndexes: Invalid value: 100001: must be less than or equal to 100000',
    ],
    [
      failing({ action: 'Ignore' }),
      `${rule}: Invalid value: specifying one of OnExitCodes and OnPodConditions is required`,
    ],
    [
      failing({ onExitCodes: { operator: 'In', values: [1] } }),
      `${rule}.action: Required value: valid values: ["Count" "FailIndex" "FailJob" "Ignore"]`,
    ],
    [
      failing({ action: 'FailJob', onExitCodes: { values: [1] } }),
      `${rule}.onExitCodes.operator: Required value: valid values: ["In" "NotIn"]`,
    ],
    [
      failing({ action: 'Count', onPodConditions: Array.from({ length: 21 }, (_, at) => ({ type: `C${at}` })) }),
      `${rule}.onPodConditions: Too many: 21: must have at most 20 items`,
    ],
    [coded([11, 11]), `${rule}.onExitCodes.values[1]: Duplicate value: 11`],
    [coded([19, 11]), `${rule}.onExitCodes.values: Invalid value: [19,11]: must be ordered`],
    [
      { spec: { successPolicy: { rules: Array.from({ length: 21 }, () => ({ succeededCount: 1 })) } } },
      'spec.successPolicy.rules: Too many: 21: must have at most 20 items',
    ],
    [
      enough({ succeededIndexes: 'a-b' }),
      `${indexes}: Invalid value: "a-b": error parsing succeededIndexes: cannot convert string to integer for index: "a"`,
    ],
    [
      enough({ succeededIndexes: '7' }),
      `${indexes}: Invalid value: "7": error parsing succeededIndexes: too large index: "7"`,
    ],
    [
      enough({ succeededIndexes: '3,1' }),
      `${indexes}: Invalid value: "3,1": error parsing succeededIndexes: non-increasing order, previous: 3, current: 1`,
    ],
    [
      enough({ succeededIndexes: '0-2', succeededCount: 4 }),
      `${count}: Invalid value: 4: must be less than or equal to 3 (the number of indexes in the specified succeededIndexes field)`,
    ],
    [
      enough({ succeededCount: 6 }),
      `${count}: Invalid value: 6: must be less than or equal to 5 (the number of specified completions)`,
    ],
    [enough({ succeededCount: -1 }), `${count}: Invalid value: -1: must be greater than or equal to 0`],
  ])('%j', (change, message) => expect(complaints('Job', change)).toContain(message));

  test('an exit code given twice is no disorder, and zero successes may be enough', () => {
    expect(complaints('Job', coded([12, 13, 13])).join()).not.toContain('must be ordered');
    expect(complaints('Job', enough({ succeededCount: 0 })).join()).not.toContain('succeededCount');
  });

  test('the labels of its pods are its own', () => {
    const stolen = { spec: { template: { metadata: { labels: { 'job-name': 'other' } } } } };
    expect(complaints('Job', stolen).join('\n')).toMatch(
      /spec\.template\.metadata\.labels\[job-name\]: Invalid value: .*: must be '/,
    );
  });

  test('an Indexed Job grows with its parallelism only', () => {
    const spec = (completions: number, parallelism: number): JsonObject => ({
      spec: { completions, parallelism, maxFailedIndexes: null, successPolicy: null, podFailurePolicy: null },
    });
    const stored = created('Job', mergePatch(created('Job') as unknown as JsonObject, spec(3, 3)) as JsonObject);
    expect(update('Job', { spec: { completions: 4, parallelism: 4 } }, stored).errors).toEqual([]);
    expect(update('Job', { spec: { completions: 4 } }, stored).errors).toEqual([
      'spec.completions: Invalid value: 4: can only be modified in tandem with spec.parallelism',
    ]);
  });
});

const noSelector = 'spec.template.metadata.labels: ';
test.each<[string, JsonObject, string | RegExp]>([
  [
    'Deployment',
    { spec: { selector: null } },
    /labels: Invalid value: .*: `selector` does not match template `labels`/,
  ],
  ['DaemonSet', { spec: { selector: null } }, new RegExp(`^${noSelector}[^\n]*$`)],
  ['ReplicaSet', { spec: { selector: { matchLabels: null } } }, /empty selector is invalid for deployment/],
  [
    'Deployment',
    { spec: { template: { spec: { activeDeadlineSeconds: 5 } } } },
    'spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported',
  ],
  [
    'StatefulSet',
    { spec: { persistentVolumeClaimRetentionPolicy: { whenScaled: 'Keep' } } },
    'spec.persistentVolumeClaimRetentionPolicy.whenScaled: Unsupported value: "Keep": supported values: "Retain", "Delete"',
  ],
  ['StatefulSet', { metadata: { name: 'a.b' } }, 'metadata.name: Invalid value: "a.b": must not contain dots'],
  [
    'Service',
    { spec: { type: 'LoadBalancer', ports: [{ port: 10_250 }] } },
    'spec.ports[0]: Invalid value: 10250: may not expose port 10250 externally since it is used by kubelet',
  ],
  [
    'Service',
    {
      metadata: { annotations: { 'service.beta.kubernetes.io/load-balancer-source-ranges': '10.0.0.0/8' } },
      spec: { type: 'ClusterIP', loadBalancerSourceRanges: null },
    },
    "metadata.annotations[service.beta.kubernetes.io/load-balancer-source-ranges]: Forbidden: may only be used when `type` is 'LoadBalancer'",
  ],
  [
    'NetworkPolicy',
    { spec: { ingress: [{ ports: [{ endPort: 90 }] }] } },
    'spec.ingress[0].ports[0].endPort: Invalid value: 90: may not be specified when `port` is not specified',
  ],
  [
    'NetworkPolicy',
    { spec: { ingress: [{ ports: [{ port: 'web', endPort: 90 }] }] } },
    'spec.ingress[0].ports[0].endPort: Invalid value: 90: may not be specified when `port` is non-numeric',
  ],
  [
    'NetworkPolicy',
    { spec: { ingress: [{ ports: [{ protocol: 'ICMP' }] }] } },
    'spec.ingress[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "TCP", "UDP", "SCTP"',
  ],
  [
    'Ingress',
    { spec: { defaultBackend: { service: null, resource: { name: 'x' } } } },
    'spec.defaultBackend.resource.kind: Required value: kind is required',
  ],
  [
    'IngressClass',
    { spec: { controller: 'a.io/b c' } },
    "spec.controller: Invalid value: \"b c\": Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')",
  ],
])('%s %j', (kindName, change, message) => {
  const said = complaints(kindName, change).join('\n');
  if (typeof message === 'string') expect(said.split('\n')).toContain(message);
  else expect(said).toMatch(message);
});

test.each<[string, JsonObject, string]>([
  [
    'Deployment',
    { replicas: 2, updatedReplicas: 3 },
    'status.updatedReplicas: Invalid value: 3: cannot be greater than status.replicas',
  ],
  [
    'Deployment',
    { replicas: 2, availableReplicas: 1 },
    'status.availableReplicas: Invalid value: 1: cannot be greater than readyReplicas',
  ],
  [
    'ReplicaSet',
    { replicas: 2, availableReplicas: 1 },
    'status.availableReplicas: Invalid value: 1: cannot be greater than readyReplicas',
  ],
  [
    'StatefulSet',
    { replicas: 2, availableReplicas: 1 },
    'status.availableReplicas: Invalid value: 1: cannot be greater than status.readyReplicas',
  ],
  ...['Deployment', 'DaemonSet', 'StatefulSet'].map((kindName): [string, JsonObject, string] => [
    kindName,
    { collisionCount: 1 },
    'status.collisionCount: Invalid value: 1: cannot be decremented',
  ]),
])('the status of a %s: %j', (kindName, status, message) => {
  const object = { ...created(kindName), status };
  const old = { ...object, status: { collisionCount: 2 } } as KubeObject;
  const errors = kindNamed(kindName).validateStatusUpdate?.(object, old) ?? [];
  expect(errors.map(causeOf).map((cause) => `${cause.field}: ${cause.message}`)).toContain(message);
});

describe('a PersistentVolumeClaim', () => {
  const fixed =
    'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
  const stored = (phase: string, volumeAttributesClassName?: string): KubeObject =>
    ({
      ...created('PersistentVolumeClaim', {
        metadata: { name: 'c', namespace: 'd' },
        spec: {
          accessModes: ['ReadWriteOnce'],
          resources: { requests: { storage: '1Gi' } },
          ...(volumeAttributesClassName === undefined ? {} : { volumeAttributesClassName }),
        },
      }),
      status: { phase },
    }) as KubeObject;

  test.each<[JsonObject, KubeObject, string[]]>([
    [{ resources: { requests: { storage: '2Gi' } } }, stored('Bound'), []],
    [{ resources: { requests: { storage: '2Gi' } } }, stored('Pending'), [fixed]],
    [{ resources: { limits: { storage: '9Gi' } } }, stored('Bound'), [fixed]],
    [{ volumeAttributesClassName: 'fast' }, stored('Pending'), []],
    [{ volumeAttributesClassName: 'fast' }, stored('Bound', 'slow'), []],
    [
      { volumeAttributesClassName: null },
      stored('Bound', 'slow'),
      ['spec.volumeAttributesClassName: Forbidden: update from non-nil value to nil is forbidden'],
    ],
    [
      { volumeAttributesClassName: '' },
      stored('Bound', 'slow'),
      ['spec.volumeAttributesClassName: Forbidden: update from non-nil value to an empty string is forbidden'],
    ],
  ])('%j', (spec, object, errors) => expect(update('PersistentVolumeClaim', { spec }, object).errors).toEqual(errors));

  test('an access mode that there is not does not stand beside ReadWriteOncePod', () => {
    const modes = { spec: { accessModes: ['ReadWriteOncePod', 'Odd'] } };
    expect(complaints('PersistentVolumeClaim', modes)).toEqual([
      'spec.accessModes: Unsupported value: "Odd": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"',
    ]);
  });
});

describe('the addresses of a Service', () => {
  const both = {
    clusterIP: '10.0.0.1',
    clusterIPs: ['10.0.0.1', 'fd00::1'],
    ipFamilies: ['IPv4', 'IPv6'],
    ipFamilyPolicy: 'PreferDualStack',
  };
  const stored = created('Service', {
    metadata: { name: 's', namespace: 'd' },
    spec: { ports: [{ port: 80 }], ...both },
  });

  test.each<[JsonObject, string[]]>([
    [{}, []],
    [
      { ipFamilies: ['IPv6', 'IPv4'] },
      [
        'spec.clusterIPs[0]: Invalid value: "10.0.0.1": expected an IPv6 value as indicated by `ipFamilies[0]`',
        'spec.clusterIPs[1]: Invalid value: "fd00::1": expected an IPv4 value as indicated by `ipFamilies[1]`',
        'spec.ipFamilies[0]: Invalid value: ["IPv6","IPv4"]: may not change once set',
        'spec.ipFamilies[0]: Invalid value: ["IPv6","IPv4"]: may not change once set',
      ],
    ],
    [
      { clusterIPs: ['10.0.0.1', 'fd00::2'] },
      ['spec.clusterIPs[1]: Invalid value: ["10.0.0.1","fd00::2"]: may not change once set'],
    ],
    [{ clusterIPs: ['10.0.0.1'], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' }, []],
    [
      { clusterIPs: ['10.0.0.1'], ipFamilies: ['IPv4'] },
      [
        `spec.ipFamilyPolicy: Invalid value: "PreferDualStack": must be set to 'SingleStack' when releasing the secondary clusterIP`,
        `spec.ipFamilyPolicy: Invalid value: "PreferDualStack": must be set to 'SingleStack' when releasing the secondary ipFamily`,
      ],
    ],
  ])('%j', (spec, errors) => expect(update('Service', { spec }, stored).errors.sort()).toEqual(errors));
});
