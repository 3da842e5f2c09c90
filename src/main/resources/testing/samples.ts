import type { KubeObject } from '../../../shared/api/meta.ts';
import type { JsonObject } from '../decode/json-value.ts';
import { decodeObject } from '../decode/decode-object.ts';
import type { KindDefinition } from '../definition.ts';
import { KINDS } from '../registry.ts';
import { ADMISSION_SAMPLES } from './admission-samples.ts';
import { AUTH_SAMPLES } from './auth-samples.ts';
import { coreSamples } from './core-samples.ts';
import { EXTENSION_SAMPLES } from './extension-samples.ts';
import { POLICY_SAMPLES } from './policy-samples.ts';
import { workloadSamples } from './workload-samples.ts';

/** For tests: valid objects of every kind, with many of their fields set. */

const podTemplate = {
  metadata: { labels: { app: 'web' }, annotations: { 'example.com/note': 'x' } },
  spec: {
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'web', effect: 'NoExecute', tolerationSeconds: 30 }],
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: ['a'] }] }],
        },
      },
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 50,
            podAffinityTerm: { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'web' } } },
          },
        ],
      },
    },
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'zone',
        whenUnsatisfiable: 'DoNotSchedule',
        labelSelector: { matchLabels: { app: 'web' } },
      },
    ],
    hostAliases: [{ ip: '10.0.0.1', hostnames: ['db.local'] }],
    securityContext: { runAsUser: 1000, fsGroup: 2000, seccompProfile: { type: 'RuntimeDefault' } },
    imagePullSecrets: [{ name: 'registry' }],
    initContainers: [{ name: 'setup', image: 'busybox:1.36', command: ['true'] }],
    containers: [
      {
        name: 'web',
        image: 'nginx:1.27',
        args: ['-g', 'daemon off;'],
        ports: [{ name: 'http', containerPort: 80 }],
        env: [
          { name: 'A', value: 'b' },
          { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
          { name: 'KEY', valueFrom: { secretKeyRef: { name: 'keys', key: 'api', optional: true } } },
          { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
        ],
        envFrom: [{ prefix: 'CFG_', configMapRef: { name: 'config' } }],
        resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: 1, memory: '128Mi' } },
        volumeMounts: [
          { name: 'data', mountPath: '/data', subPath: 'a/b' },
          { name: 'config', mountPath: '/etc/web' },
        ],
        livenessProbe: { httpGet: { path: '/healthz', port: 'http' }, periodSeconds: 5 },
        readinessProbe: { tcpSocket: { port: 80 }, successThreshold: 2 },
        startupProbe: { exec: { command: ['true'] } },
        lifecycle: { preStop: { sleep: { seconds: 2 } } },
        securityContext: { capabilities: { drop: ['ALL'] }, allowPrivilegeEscalation: false },
      },
    ],
    volumes: [
      { name: 'data', emptyDir: { sizeLimit: '1Gi' } },
      { name: 'config', configMap: { name: 'config', items: [{ key: 'a', path: 'a.conf', mode: 420 }] } },
      {
        name: 'all',
        projected: { sources: [{ secret: { name: 'keys' } }, { serviceAccountToken: { path: 'token' } }] },
      },
    ],
  },
};

const SAMPLES: Readonly<Record<string, JsonObject>> = {
  ...coreSamples(podTemplate),
  ...workloadSamples(podTemplate),
  ...POLICY_SAMPLES,
  ...EXTENSION_SAMPLES,
  ...ADMISSION_SAMPLES,
  Namespace: { metadata: { name: 'shop', labels: { team: 'a' } }, spec: { finalizers: ['kubernetes'] } },
  Node: {
    metadata: { name: 'node-1', labels: { 'node-role.kubernetes.io/worker': '' } },
    spec: {
      podCIDR: '10.1.0.0/24',
      taints: [{ key: 'dedicated', value: 'web', effect: 'NoSchedule' }],
      unschedulable: true,
    },
    status: {
      capacity: { cpu: '4', memory: '8Gi', pods: '110' },
      addresses: [{ type: 'InternalIP', address: '10.0.0.5' }],
      conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: '2026-01-01T00:00:00Z' }],
    },
  },
  Lease: {
    metadata: { name: 'node-1', namespace: 'kube-node-lease' },
    spec: { holderIdentity: 'node-1', leaseDurationSeconds: 40, renewTime: '2026-01-01T00:00:00.123456Z' },
  },
  Pod: { ...podTemplate, metadata: { name: 'web', namespace: 'default', ...podTemplate.metadata } },
  ReplicaSet: {
    metadata: { name: 'web-1', namespace: 'default' },
    spec: { replicas: 2, selector: { matchLabels: { app: 'web' } }, template: podTemplate },
  },
  Deployment: {
    metadata: {
      name: 'web',
      namespace: 'default',
      ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: 'u-1', controller: true }],
      finalizers: ['example.com/wait'],
    },
    spec: {
      replicas: 3,
      minReadySeconds: 1,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: '25%' } },
      selector: {
        matchLabels: { app: 'web' },
        matchExpressions: [{ key: 'app', operator: 'In', values: ['web', 'shop'] }],
      },
      template: podTemplate,
    },
  },
  ConfigMap: { metadata: { name: 'config', namespace: 'default' }, data: { a: 'b' }, binaryData: { c: 'AAE=' } },
  Secret: {
    metadata: { name: 'keys', namespace: 'default' },
    type: 'Opaque',
    data: { api: 'c2VjcmV0' },
    immutable: false,
  },
  ServiceAccount: {
    metadata: { name: 'robot', namespace: 'default' },
    secrets: [{ name: 'token' }],
    imagePullSecrets: [{ name: 'registry' }],
    automountServiceAccountToken: true,
  },
  Event: {
    metadata: { name: 'web.17', namespace: 'default' },
    involvedObject: { kind: 'Pod', namespace: 'default', name: 'web', uid: 'u-2' },
    reason: 'Started',
    message: 'Started container web',
    type: 'Normal',
    count: 2,
    source: { component: 'kubelet', host: 'node-1' },
    firstTimestamp: '2026-01-01T00:00:00Z',
    lastTimestamp: '2026-01-01T00:01:00Z',
  },
  ...AUTH_SAMPLES,
  Machine: {
    metadata: { name: 'box' },
    spec: {
      host: '192.0.2.7',
      port: 2222,
      user: 'admin',
      credentialRef: { namespace: 'default', name: 'box-ssh' },
      hostKeySha256: 'SHA256:0123456789012345678901234567890123456789abc',
      jump: { host: 'bastion.example.com', user: 'hop' },
      labels: { rack: 'r1' },
      taints: [{ key: 'dedicated', value: 'web', effect: 'NoSchedule' }],
    },
  },
};

/** A fresh valid body of the kind, as a client would send it. */
export function sampleOf(kindName: string): JsonObject {
  const sample = SAMPLES[kindName];
  if (!sample) throw new Error(`no sample of kind ${kindName}`);
  return structuredClone(sample);
}

/** What a kind is called in samples: its Kind, or `Kind.version.group` when an earlier one has that name. */
export function sampleNameOf(kind: KindDefinition): string {
  const { type } = kind;
  const first = KINDS.find((other) => other.type.kind === type.kind);
  return first === kind ? type.kind : `${type.kind}.${type.version}.${type.group}`;
}

export function kindNamed(kindName: string): KindDefinition {
  const kind = KINDS.find((candidate) => sampleNameOf(candidate) === kindName);
  if (!kind) throw new Error(`no kind ${kindName}`);
  return kind;
}

/** Decoded, defaulted and prepared as on a create, with what the server fills in. */
export function created<T extends KubeObject = KubeObject>(kindName: string, body: JsonObject = sampleOf(kindName)): T {
  const kind = kindNamed(kindName);
  const { object } = decodeObject(kind, body);
  kind.setDefaults(object);
  kind.prepareForCreate?.(object, { now: new Date('2026-01-01T00:00:00Z'), userName: 'tester' });
  return object as T;
}
