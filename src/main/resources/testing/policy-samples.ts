import type { JsonObject } from '../decode/json-value.ts';

const rbac = 'rbac.authorization.k8s.io';

/** For tests: valid objects of the kinds about networks, access, storage and scheduling. */
export const POLICY_SAMPLES: Readonly<Record<string, JsonObject>> = {
  Ingress: {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      ingressClassName: 'public',
      defaultBackend: { service: { name: 'web', port: { name: 'http' } } },
      tls: [{ hosts: ['*.example.com'], secretName: 'cert' }],
      rules: [
        {
          host: 'shop.example.com',
          http: {
            paths: [
              { path: '/cart', pathType: 'Prefix', backend: { service: { name: 'cart', port: { number: 80 } } } },
            ],
          },
        },
      ],
    },
  },
  IngressClass: {
    metadata: { name: 'public' },
    spec: { controller: 'example.com/ingress', parameters: { kind: 'Settings', name: 'public' } },
  },
  NetworkPolicy: {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      podSelector: { matchLabels: { app: 'web' } },
      ingress: [{ ports: [{ port: 80, endPort: 90 }], from: [{ namespaceSelector: { matchLabels: { team: 'a' } } }] }],
      egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }] }],
    },
  },
  IPAddress: {
    metadata: { name: '10.96.0.10' },
    spec: { parentRef: { resource: 'services', namespace: 'default', name: 'web' } },
  },
  ServiceCIDR: { metadata: { name: 'kubernetes' }, spec: { cidrs: ['10.96.0.0/12', 'fd00::/108'] } },
  EndpointSlice: {
    metadata: { name: 'web-1', namespace: 'default' },
    addressType: 'IPv4',
    endpoints: [
      {
        addresses: ['10.1.0.2'],
        conditions: { ready: true },
        nodeName: 'node-1',
        targetRef: { kind: 'Pod', name: 'web-0' },
      },
    ],
    ports: [{ name: 'http', port: 80 }],
  },
  Role: {
    metadata: { name: 'reader', namespace: 'default' },
    rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'], resourceNames: ['web'] }],
  },
  ClusterRole: {
    metadata: { name: 'system:metrics' },
    rules: [{ nonResourceURLs: ['/metrics'], verbs: ['get'] }],
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { aggregate: 'true' } }] },
  },
  RoleBinding: {
    metadata: { name: 'readers', namespace: 'default' },
    roleRef: { apiGroup: rbac, kind: 'Role', name: 'reader' },
    subjects: [
      { kind: 'User', name: 'ann' },
      { kind: 'ServiceAccount', name: 'robot', namespace: 'default' },
    ],
  },
  ClusterRoleBinding: {
    metadata: { name: 'admins' },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'Group', name: 'system:masters' }],
  },
  StorageClass: {
    metadata: { name: 'fast' },
    provisioner: 'example.com/disk',
    parameters: { type: 'ssd' },
    allowVolumeExpansion: true,
    allowedTopologies: [{ matchLabelExpressions: [{ key: 'zone', values: ['a'] }] }],
  },
  PodDisruptionBudget: {
    metadata: { name: 'web', namespace: 'default' },
    spec: { minAvailable: '50%', selector: { matchLabels: { app: 'web' } } },
  },
  PriorityClass: { metadata: { name: 'high' }, value: 1000, description: 'for the shop' },
  RuntimeClass: {
    metadata: { name: 'sandboxed' },
    handler: 'sandbox',
    overhead: { podFixed: { memory: '64Mi' } },
    scheduling: { nodeSelector: { sandbox: 'yes' }, tolerations: [{ key: 'sandbox', operator: 'Exists' }] },
  },
};
