import type { JsonObject } from '../decode/json-value.ts';

/** For tests: valid objects of the core kinds beside pods and what they lean on. */
export const coreSamples = (podTemplate: JsonObject): Readonly<Record<string, JsonObject>> => ({
  Service: {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      type: 'LoadBalancer',
      selector: { app: 'web' },
      clusterIP: '10.96.0.10',
      externalIPs: ['192.0.2.1'],
      loadBalancerSourceRanges: ['192.0.2.0/24'],
      sessionAffinity: 'ClientIP',
      ports: [
        { name: 'http', port: 80, targetPort: 'http', nodePort: 30080, appProtocol: 'kubernetes.io/h2c' },
        { name: 'metrics', port: 9090 },
      ],
    },
  },
  Endpoints: {
    metadata: { name: 'web', namespace: 'default' },
    subsets: [
      {
        addresses: [
          { ip: '10.1.0.2', hostname: 'web-0', nodeName: 'node-1', targetRef: { kind: 'Pod', name: 'web-0' } },
        ],
        notReadyAddresses: [{ ip: '10.1.0.3' }],
        ports: [{ name: 'http', port: 80 }],
      },
    ],
  },
  PersistentVolume: {
    metadata: { name: 'disk-1' },
    spec: {
      capacity: { storage: '10Gi' },
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'local',
      local: { path: '/mnt/disk' },
      claimRef: { namespace: 'default', name: 'data' },
      mountOptions: ['noatime'],
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['node-1'] }] },
          ],
        },
      },
    },
  },
  PersistentVolumeClaim: {
    metadata: { name: 'data', namespace: 'default' },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
      storageClassName: 'local',
      selector: { matchLabels: { tier: 'fast' } },
      dataSource: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 'before' },
    },
  },
  ReplicationController: {
    metadata: { name: 'web', namespace: 'default' },
    spec: { replicas: 2, selector: { app: 'web' }, template: podTemplate },
  },
  PodTemplate: { metadata: { name: 'web', namespace: 'default' }, template: podTemplate },
  ResourceQuota: {
    metadata: { name: 'team', namespace: 'default' },
    spec: {
      hard: { pods: '10', 'requests.cpu': '4', 'limits.memory': '8Gi', 'count/deployments.apps': '5' },
      scopes: ['NotTerminating'],
      scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['high'] }] },
    },
  },
  LimitRange: {
    metadata: { name: 'limits', namespace: 'default' },
    spec: {
      limits: [
        {
          type: 'Container',
          min: { cpu: '100m' },
          max: { cpu: '2', memory: '1Gi' },
          default: { cpu: '500m' },
          maxLimitRequestRatio: { cpu: '4' },
        },
        { type: 'PersistentVolumeClaim', max: { storage: '10Gi' } },
      ],
    },
  },
});
