import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../shared/api/meta.ts';
import type { Pod } from '../../../shared/api/kinds.ts';
import type { JsonObject } from '../decode/json-value.ts';
import { mergePatch } from '../patch/merge-patch.ts';
import { complaints, update } from '../testing/complaints.ts';
import { created, kindNamed, sampleOf } from '../testing/samples.ts';
import { addDefaultTolerations } from './pod.ts';
import { qosClass } from './pod-qos.ts';

const container = (fields: JsonObject): JsonObject => ({
  spec: { containers: [{ name: 'web', image: 'nginx:1.27', ...fields }], volumes: [{ name: 'data', emptyDir: {} }] },
});

describe('metadata', () => {
  test.each<[JsonObject, string]>([
    [{ metadata: { name: null } }, 'metadata.name: Required value: name or generateName is required'],
    [{ metadata: { namespace: null } }, 'metadata.namespace: Required value'],
    [
      { metadata: { annotations: { big: 'x'.repeat(256 * 1024) } } },
      'metadata.annotations: Too long: may not be more than 262144 bytes',
    ],
    [
      { metadata: { finalizers: ['mine'] } },
      'metadata.finalizers: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
    ],
    [
      { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p' }] } },
      'metadata.ownerReferences.uid: Invalid value: null: must not be empty',
    ],
  ])('%j', (change, message) => expect(complaints('ConfigMap', change)).toEqual([message]));

  test('a name may be generated, and its base may end in a dash', () => {
    expect(complaints('ConfigMap', { metadata: { name: null, generateName: 'web-' } })).toEqual([]);
  });

  test('cluster-scoped objects have no namespace', () => {
    expect(complaints('Node', { metadata: { namespace: 'x' } })).toEqual([
      'metadata.namespace: Forbidden: not allowed on this type',
    ]);
  });

  test('an object that is being deleted gets no new finalizers', () => {
    const stored = created('ConfigMap');
    stored.metadata = { ...stored.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' };
    expect(update('ConfigMap', { metadata: { finalizers: ['a/b'] } }, stored).errors).toEqual([
      'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"a/b"}',
    ]);
  });
});

describe('a new Pod', () => {
  test('gets the defaults of upstream', () => {
    const pod = created<Pod>('Pod', {
      metadata: { name: 'p', namespace: 'd' },
      spec: {
        containers: [
          {
            name: 'c',
            image: 'nginx',
            ports: [{ containerPort: 80 }],
            livenessProbe: { httpGet: { port: 80 } },
            resources: { limits: { cpu: '1' } },
          },
        ],
        volumes: [{ name: 'v' }, { name: 's', secret: { secretName: 's' } }],
      },
    });
    expect(pod).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'd', generation: 1 },
      spec: {
        containers: [
          {
            name: 'c',
            image: 'nginx',
            imagePullPolicy: 'Always',
            terminationMessagePath: '/dev/termination-log',
            terminationMessagePolicy: 'File',
            ports: [{ containerPort: 80, protocol: 'TCP' }],
            livenessProbe: {
              httpGet: { port: 80, path: '/', scheme: 'HTTP' },
              timeoutSeconds: 1,
              periodSeconds: 10,
              successThreshold: 1,
              failureThreshold: 3,
            },
            resources: { limits: { cpu: '1' }, requests: { cpu: '1' } },
          },
        ],
        volumes: [
          { name: 'v', emptyDir: {} },
          { name: 's', secret: { secretName: 's', defaultMode: 420 } },
        ],
        restartPolicy: 'Always',
        dnsPolicy: 'ClusterFirst',
        schedulerName: 'default-scheduler',
        terminationGracePeriodSeconds: 30,
        enableServiceLinks: true,
        securityContext: {},
      },
      status: { phase: 'Pending', qosClass: 'Burstable' },
    });
  });

  test.each([
    ['nginx', 'Always'],
    ['nginx:latest', 'Always'],
    ['registry:5000/nginx', 'Always'],
    ['nginx:1.27', 'IfNotPresent'],
    ['registry:5000/nginx:1', 'IfNotPresent'],
    ['nginx@sha256:0000', 'IfNotPresent'],
  ])('image %s is pulled %s', (image, policy) => {
    expect(created<Pod>('Pod', { spec: { containers: [{ image }] } }).spec?.containers[0]?.imagePullPolicy).toBe(
      policy,
    );
  });

  test.each<[JsonObject, string[]]>([
    [{ spec: { containers: [] } }, ['spec.containers: Required value']],
    [{ spec: null }, ['spec.containers: Required value']],
    [
      container({ name: 'Web' }),
      [expect.stringContaining('spec.containers[0].name: Invalid value: "Web": a lowercase RFC 1123 label') as string],
    ],
    [container({ image: '' }), ['spec.containers[0].image: Required value']],
    [
      container({ image: ' nginx' }),
      ['spec.containers[0].image: Invalid value: " nginx": must not have leading or trailing whitespace'],
    ],
    [
      container({ imagePullPolicy: 'Sometimes' }),
      [
        'spec.containers[0].imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"',
      ],
    ],
    [
      container({ ports: [{ containerPort: 70000 }] }),
      ['spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive'],
    ],
    [
      container({ ports: [{ containerPort: 80, protocol: 'QUIC' }] }),
      ['spec.containers[0].ports[0].protocol: Unsupported value: "QUIC": supported values: "SCTP", "TCP", "UDP"'],
    ],
    [
      container({
        ports: [
          { name: 'a', containerPort: 80 },
          { name: 'a', containerPort: 81 },
        ],
      }),
      ['spec.containers[0].ports[1].name: Duplicate value: "a"'],
    ],
    [container({ env: [{ name: '', value: 'x' }] }), ['spec.containers[0].env[0].name: Required value']],
    [
      container({ env: [{ name: 'A', valueFrom: {} }] }),
      [
        'spec.containers[0].env[0].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`',
      ],
    ],
    [
      container({ env: [{ name: 'A', value: 'x', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] }),
      ['spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty'],
    ],
    [
      container({ resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }),
      ['spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1'],
    ],
    [
      container({ resources: { requests: { memory: '-1Gi' } } }),
      ['spec.containers[0].resources.requests[memory]: Invalid value: "-1Gi": must be greater than or equal to 0'],
    ],
    [
      container({ resources: { limits: { gpus: '1' } } }),
      expect.arrayContaining([
        'spec.containers[0].resources.limits[gpus]: Invalid value: "gpus": must be a standard resource for containers',
      ]) as string[],
    ],
    [
      container({ resources: { requests: { 'example.com/gpu': '1' } } }),
      ['spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources'],
    ],
    [
      container({ volumeMounts: [{ name: 'none', mountPath: '/x' }] }),
      ['spec.containers[0].volumeMounts[0].name: Not found: "none"'],
    ],
    [
      container({
        volumeMounts: [
          { name: 'data', mountPath: '/x' },
          { name: 'data', mountPath: '/x' },
        ],
      }),
      ['spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/x": must be unique'],
    ],
    [
      container({ volumeMounts: [{ name: 'data', mountPath: '/x', subPath: '../etc' }] }),
      ['spec.containers[0].volumeMounts[0].subPath: Invalid value: "../etc": must not contain \'..\''],
    ],
    [
      container({ livenessProbe: {} }),
      ['spec.containers[0].livenessProbe: Required value: must specify a handler type'],
    ],
    [
      container({ livenessProbe: { exec: { command: ['a'] }, tcpSocket: { port: 1 } } }),
      ['spec.containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type'],
    ],
    [
      container({ livenessProbe: { exec: { command: ['a'] }, successThreshold: 2 } }),
      ['spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1'],
    ],
    [
      { spec: { restartPolicy: 'Maybe' } },
      ['spec.restartPolicy: Unsupported value: "Maybe": supported values: "Always", "OnFailure", "Never"'],
    ],
    [
      { spec: { dnsPolicy: 'None' } },
      ['spec.dnsConfig.nameservers: Required value: must provide at least one DNS nameserver when `dnsPolicy` is None'],
    ],
    [
      { spec: { activeDeadlineSeconds: 0 } },
      ['spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive'],
    ],
    [
      { spec: { tolerations: [{ value: 'x' }] } },
      [
        'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ],
    ],
    [
      { spec: { tolerations: [{ key: 'a', operator: 'Exists', tolerationSeconds: 1, effect: 'NoSchedule' }] } },
      [
        'spec.tolerations[0].effect: Invalid value: "NoSchedule": effect must be \'NoExecute\' when `tolerationSeconds` is set',
      ],
    ],
    [
      {
        spec: {
          affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } },
        },
      },
      [
        'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term',
      ],
    ],
    [
      { spec: { ephemeralContainers: [{ name: 'd', image: 'busybox' }] } },
      ['spec.ephemeralContainers: Forbidden: cannot be set on create'],
    ],
    [
      {
        spec: {
          volumes: [
            { name: 'data', emptyDir: {}, hostPath: { path: '/' } },
            { name: 'config', emptyDir: {} },
          ],
        },
      },
      ['spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type'],
    ],
  ])('%j is refused', (change, messages) => expect(complaints('Pod', change)).toEqual(messages));

  test('two containers cannot have one host port', () => {
    const port = { containerPort: 80, hostPort: 8080 };
    expect(
      complaints('Pod', {
        spec: {
          containers: [
            { name: 'a', image: 'i', ports: [port] },
            { name: 'b', image: 'i', ports: [port] },
          ],
        },
      }),
    ).toEqual(['spec.containers[1].ports[0].hostPort: Duplicate value: "TCP//8080"']);
  });

  test('an init container has no probes unless it is a sidecar', () => {
    const init = (restartPolicy?: string) => ({
      spec: {
        initContainers: [
          {
            name: 'i',
            image: 'i',
            readinessProbe: { exec: { command: ['a'] } },
            ...(restartPolicy ? { restartPolicy } : {}),
          },
        ],
      },
    });
    expect(complaints('Pod', init())).toEqual([
      'spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
    ]);
    expect(complaints('Pod', init('Always'))).toEqual([]);
  });
});

describe('QoS class', () => {
  const pod = (...resources: object[]) =>
    created<Pod>('Pod', {
      spec: { containers: resources.map((item, index) => ({ name: `c${index}`, image: 'i', resources: item })) },
    });
  const both = { limits: { cpu: '1', memory: '1Gi' } };
  test.each([
    [pod({}), 'BestEffort'],
    [pod(both), 'Guaranteed'],
    [pod(both, both), 'Guaranteed'],
    [pod(both, {}), 'Burstable'],
    [pod({ limits: { cpu: '1' } }), 'Burstable'],
    [pod({ ...both, requests: { cpu: '500m' } }), 'Burstable'],
  ])('%#: %s', (item, expected) => expect(qosClass(item)).toBe(expected));
});

test('not-ready and unreachable nodes are tolerated for five minutes unless the pod says otherwise', () => {
  const pod = created<Pod>('Pod', {
    spec: {
      containers: [],
      tolerations: [{ key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' }],
    },
  });
  addDefaultTolerations(pod);
  addDefaultTolerations(pod);
  expect(pod.spec?.tolerations).toEqual([
    { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
    { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
  ]);
});

describe('graceful deletion of a pod', () => {
  const grace = kindNamed('Pod').defaultGraceSeconds!;
  const bound = (part: object = {}): KubeObject =>
    ({
      spec: { nodeName: 'n', terminationGracePeriodSeconds: 30 },
      status: { phase: 'Running' },
      ...part,
    }) as KubeObject;
  test.each<[string, KubeObject, number | undefined, number]>([
    ['what its spec says', bound(), undefined, 30],
    ['what was asked for', bound(), 5, 5],
    ['force', bound(), 0, 0],
    ['never negative', bound(), -1, 1],
    ['not scheduled', { spec: { terminationGracePeriodSeconds: 30 } } as KubeObject, undefined, 0],
    ['over', bound({ status: { phase: 'Succeeded' } }), undefined, 0],
  ])('%s', (_name, pod, requested, seconds) => expect(grace(pod, requested)).toBe(seconds));
});

describe('updates of a Pod', () => {
  test('an image may change, and the generation moves', () => {
    const { object, errors } = update('Pod', {
      spec: { containers: [{ ...created<Pod>('Pod').spec!.containers[0]!, image: 'nginx:2' }] },
    });
    expect(errors).toEqual([]);
    expect(object.metadata?.generation).toBe(2);
  });

  test('labels may change, and the generation stays', () => {
    const { object, errors } = update('Pod', { metadata: { labels: { new: 'x' } } });
    expect([errors, object.metadata?.generation]).toEqual([[], 1]);
  });

  test('tolerations may be added', () => {
    const tolerations = [...created<Pod>('Pod').spec!.tolerations!, { key: 'more', operator: 'Exists' }];
    expect(update('Pod', { spec: { tolerations } }).errors).toEqual([]);
    expect(update('Pod', { spec: { tolerations: [] } }).errors).toEqual([
      'spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds',
    ]);
  });

  test('anything else may not, and the difference is named', () => {
    expect(update('Pod', { spec: { hostname: 'other', nodeName: 'n1' } }).errors).toEqual([
      'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\nchanged: spec.hostname\nchanged: spec.nodeName',
    ]);
  });

  test('the grace period may change only from a negative one, to 1', () => {
    expect(update('Pod', { spec: { terminationGracePeriodSeconds: 1 } }).errors).toEqual([
      expect.stringContaining('changed: spec.terminationGracePeriodSeconds'),
    ]);
    const negative = mergePatch(sampleOf('Pod'), { spec: { terminationGracePeriodSeconds: -1 } }) as JsonObject;
    expect(update('Pod', { spec: { terminationGracePeriodSeconds: 1 } }, created('Pod', negative)).errors).toEqual([]);
  });

  test('containers can be neither added nor removed', () => {
    const containers = [...created<Pod>('Pod').spec!.containers, { name: 'second', image: 'i' }];
    expect(update('Pod', { spec: { containers } }).errors).toEqual([
      'spec.containers: Forbidden: pod updates may not add or remove containers',
    ]);
  });

  test('a deadline can only come nearer', () => {
    const stored = created('Pod', mergePatch(sampleOf('Pod'), { spec: { activeDeadlineSeconds: 10 } }) as JsonObject);
    expect(update('Pod', { spec: { activeDeadlineSeconds: 5 } }, stored).errors).toEqual([]);
    expect(update('Pod', { spec: { activeDeadlineSeconds: 20 } }, stored).errors).toEqual([
      'spec.activeDeadlineSeconds: Invalid value: 20: must be less than or equal to previous value',
    ]);
  });
});

describe('Deployment', () => {
  test('defaults', () => {
    const body = {
      metadata: { name: 'd', namespace: 'n' },
      spec: {
        selector: { matchLabels: { a: 'b' } },
        template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
      },
    };
    const deployment = created('Deployment', body);
    expect(deployment).toMatchObject({
      metadata: { generation: 1 },
      spec: {
        replicas: 1,
        revisionHistoryLimit: 10,
        progressDeadlineSeconds: 600,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
        template: { spec: { restartPolicy: 'Always', containers: [{ resources: {} }] } },
      },
      status: {},
    });
    // A template's containers do not get requests from their limits, nor does it say enableServiceLinks.
    expect(JSON.stringify(deployment)).not.toContain('enableServiceLinks');
  });

  test.each<[JsonObject, string]>([
    [{ spec: { replicas: -1 } }, 'spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
    [
      { spec: { selector: { matchLabels: { app: 'other' }, matchExpressions: null } } },
      'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
    ],
    [{ spec: { selector: null } }, 'spec.selector: Required value'],
    [
      { spec: { selector: { matchLabels: null, matchExpressions: null } } },
      'spec.selector: Invalid value: {}: empty selector is invalid for deployment',
    ],
    [
      { spec: { template: { spec: { restartPolicy: 'Never' } } } },
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ],
    [
      { spec: { strategy: { type: 'Recreate' } } },
      "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
    ],
    [
      { spec: { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: '0%' } } } },
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0',
    ],
    [
      { spec: { strategy: { rollingUpdate: { maxUnavailable: '120%' } } } },
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "120%": must not be greater than 100%',
    ],
    [
      { spec: { progressDeadlineSeconds: 1 } },
      'spec.progressDeadlineSeconds: Invalid value: 1: must be greater than minReadySeconds',
    ],
    [
      { spec: { selector: { matchExpressions: [{ key: 'app', operator: 'Near' }] } } },
      'spec.selector.matchExpressions[0].operator: Invalid value: "Near": not a valid selector operator',
    ],
  ])('%j is refused', (change, message) => expect(complaints('Deployment', change)).toContain(message));

  test('a change of spec moves the generation; the selector is for life', () => {
    expect(update('Deployment', { spec: { replicas: 5 } }).object.metadata?.generation).toBe(2);
    expect(update('Deployment', { metadata: { annotations: { a: 'b' } } }).object.metadata?.generation).toBe(1);
    const other = {
      spec: {
        selector: { matchLabels: { app: 'x' }, matchExpressions: null },
        template: { metadata: { labels: { app: 'x' } } },
      },
    };
    expect(update('Deployment', other).errors).toEqual([
      'spec.selector: Invalid value: {"matchLabels":{"app":"x"}}: field is immutable',
    ]);
  });

  test('scale reads and writes replicas', () => {
    const { scale } = kindNamed('Deployment');
    const deployment = created('Deployment');
    expect(scale?.specReplicas(deployment)).toBe(3);
    expect(scale?.specReplicas(scale.withReplicas(deployment, 9))).toBe(9);
    expect(scale?.specReplicas(deployment)).toBe(3);
    expect(scale?.selector(deployment)).toBe('app=web,app in (shop,web)');
  });
});

describe('Secret and ConfigMap', () => {
  test('stringData becomes data and is not stored', () => {
    const secret = created('Secret', { metadata: { name: 's' }, stringData: { a: 'x', b: 'y' }, data: { a: 'b2xk' } });
    expect(secret).toEqual({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's' },
      type: 'Opaque',
      data: { a: 'eA==', b: 'eQ==' },
    });
  });

  test.each<[string, JsonObject, string]>([
    [
      'Secret',
      { data: { 'a/b': 'eA==' } },
      "data[a/b]: Invalid value: \"a/b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
    ],
    ['Secret', { type: 'kubernetes.io/tls' }, 'data[tls.crt]: Required value'],
    [
      'Secret',
      { type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': 'e30h' } },
      'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": must be valid JSON',
    ],
    ['Secret', { data: { big: 'AAAA'.repeat(350_000) } }, 'data: Too long: may not be more than 1048576 bytes'],
    ['ConfigMap', { data: { c: 'twice' } }, 'data: Invalid value: "c": duplicate of key present in binaryData'],
    ['ConfigMap', { data: { big: 'x'.repeat(1024 * 1024 + 1) } }, '[]: Too long: may not be more than 1048576 bytes'],
  ])('%s %j', (kindName, change, message) => expect(complaints(kindName, change)).toContain(message));

  test('the type of a Secret is for life', () => {
    expect(update('Secret', { type: 'example.com/other' }).errors).toEqual([
      'type: Invalid value: "example.com/other": field is immutable',
    ]);
  });

  test.each(['Secret', 'ConfigMap'])('an immutable %s stays as it is', (kindName) => {
    const stored = created(kindName, { ...sampleOf(kindName), immutable: true });
    expect(update(kindName, { data: { z: 'eg==' }, immutable: false }, stored).errors).toEqual([
      'immutable: Forbidden: field is immutable when `immutable` is set',
      'data: Forbidden: field is immutable when `immutable` is set',
    ]);
    expect(update(kindName, { metadata: { labels: { a: 'b' } } }, stored).errors).toEqual([]);
  });
});

describe('Node', () => {
  test('its pod network is given once', () => {
    const node = created('Node');
    expect(node).toMatchObject({ spec: { podCIDR: '10.1.0.0/24', podCIDRs: ['10.1.0.0/24'] } });
    expect(update('Node', { spec: { podCIDR: '10.2.0.0/24', podCIDRs: ['10.2.0.0/24'] } }).errors).toEqual([
      'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
      'spec.podCIDR: Forbidden: node updates may not change podCIDR except from "" to valid',
    ]);
  });

  test('what it has is what it offers, unless it says otherwise', () => {
    expect(created('Node')).toMatchObject({ status: { allocatable: { cpu: '4', memory: '8Gi', pods: '110' } } });
  });

  test('a taint needs an effect that exists', () => {
    expect(
      complaints('Node', {
        spec: {
          taints: [
            { key: 'a', effect: 'Sometimes' },
            { key: 'b', effect: '' },
          ],
        },
      }),
    ).toEqual([
      'spec.taints[0].effect: Unsupported value: "Sometimes": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
      'spec.taints[1].effect: Required value',
    ]);
  });
});

describe('Namespace', () => {
  test('starts active, labelled with its name, held by its finalizer', () => {
    expect(created('Namespace', { metadata: { name: 'shop' } })).toEqual({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'shop', labels: { 'kubernetes.io/metadata.name': 'shop' } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
  });

  test('a plain update cannot take the finalizer away', () => {
    expect(update('Namespace', { spec: { finalizers: null } }).object).toMatchObject({
      spec: { finalizers: ['kubernetes'] },
    });
  });
});

describe('Lease, Event, Machine', () => {
  test.each<[string, JsonObject, string]>([
    [
      'Lease',
      { spec: { leaseDurationSeconds: 0 } },
      'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
    ],
    [
      'Event',
      { involvedObject: { namespace: 'elsewhere' } },
      'involvedObject.namespace: Invalid value: "elsewhere": does not match event.namespace',
    ],
    ['Machine', { spec: { host: null } }, 'spec.host: Required value'],
    ['Machine', { spec: null }, 'spec: Required value'],
    [
      'Machine',
      { spec: { port: 70000 } },
      'spec.port: Invalid value: 70000: spec.port in body should be less than or equal to 65535',
    ],
    [
      'Machine',
      { spec: { connection: 'Telnet' } },
      'spec.connection: Unsupported value: "Telnet": supported values: "SSH", "Local"',
    ],
    [
      'Machine',
      { spec: { hostKeySha256: 'abc' } },
      'spec.hostKeySha256: Invalid value: "abc": spec.hostKeySha256 in body should match \'^SHA256:[A-Za-z0-9+/]{43}$\'',
    ],
    [
      'Machine',
      { spec: { host: '-oProxyCommand=x' } },
      'spec.host: Invalid value: "-oProxyCommand=x": must be a host name or an IP address, without user, port or scheme',
    ],
    ['Machine', { spec: { credentialRef: { namespace: 'a', name: null } } }, 'spec.credentialRef.name: Required value'],
  ])('%s %j', (kindName, change, message) => expect(complaints(kindName, change)).toContain(message));

  test('an event about a cluster-scoped object lives in default', () => {
    expect(complaints('Event', { involvedObject: { kind: 'Node', namespace: null } })).toEqual([]);
  });

  test('a Machine gets its defaults, and its status only through /status', () => {
    const machine = created('Machine', { metadata: { name: 'm' }, spec: { host: 'h' }, status: { phase: 'Ready' } });
    expect(machine).toEqual({
      apiVersion: 'machines.wheelhouse.dev/v1alpha1',
      kind: 'Machine',
      metadata: { name: 'm', generation: 1 },
      spec: { host: 'h', connection: 'SSH', port: 22, user: 'root' },
    });
  });
});
