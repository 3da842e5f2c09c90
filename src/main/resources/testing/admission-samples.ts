import type { JsonObject } from '../decode/json-value.ts';

const rule = { operations: ['CREATE', 'UPDATE'], apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'] };
const webhook = {
  name: 'pods.example.com',
  clientConfig: { service: { namespace: 'default', name: 'hooks', path: '/pods' }, caBundle: 'AAE=' },
  rules: [{ ...rule, scope: 'Namespaced' }],
  namespaceSelector: { matchLabels: { team: 'a' } },
  objectSelector: { matchExpressions: [{ key: 'skip', operator: 'DoesNotExist' }] },
  matchConditions: [{ name: 'not-the-system', expression: "request.userInfo.username != 'system:apiserver'" }],
  sideEffects: 'None',
  timeoutSeconds: 5,
  admissionReviewVersions: ['v1'],
};

/** For tests: valid objects of the kinds about admission, autoscaling and attached storage. */
export const ADMISSION_SAMPLES: Readonly<Record<string, JsonObject>> = {
  Binding: { metadata: { name: 'web', namespace: 'default' }, target: { kind: 'Node', name: 'node-1' } },
  HorizontalPodAutoscaler: {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      minReplicas: 2,
      maxReplicas: 10,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } },
        { type: 'Pods', pods: { metric: { name: 'requests' }, target: { type: 'AverageValue', averageValue: '100' } } },
      ],
      behavior: { scaleDown: { stabilizationWindowSeconds: 60 } },
    },
  },
  'HorizontalPodAutoscaler.v1.autoscaling': {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      maxReplicas: 10,
      targetCPUUtilizationPercentage: 60,
    },
  },
  'Event.v1.events.k8s.io': {
    metadata: { name: 'web.18', namespace: 'default' },
    eventTime: '2026-01-01T00:00:00.000001Z',
    reportingController: 'example.com/controller',
    reportingInstance: 'controller-1',
    action: 'Scaling',
    reason: 'Scaled',
    note: 'scaled up',
    type: 'Normal',
    regarding: { kind: 'Deployment', namespace: 'default', name: 'web', uid: 'u-2' },
    series: { count: 2, lastObservedTime: '2026-01-01T00:01:00.000001Z' },
  },
  VolumeAttachment: {
    metadata: { name: 'csi-1' },
    spec: { attacher: 'csi.example.com', nodeName: 'node-1', source: { persistentVolumeName: 'pv-1' } },
  },
  CSIDriver: {
    metadata: { name: 'csi.example.com' },
    spec: {
      attachRequired: false,
      fsGroupPolicy: 'File',
      tokenRequests: [{ audience: 'vault', expirationSeconds: 3600 }],
      volumeLifecycleModes: ['Persistent', 'Ephemeral'],
    },
  },
  CSINode: {
    metadata: { name: 'node-1' },
    spec: {
      drivers: [
        { name: 'csi.example.com', nodeID: 'n-1', topologyKeys: ['example.com/zone'], allocatable: { count: 20 } },
      ],
    },
  },
  VolumeAttributesClass: {
    metadata: { name: 'gold' },
    driverName: 'csi.example.com',
    parameters: { iops: '5000' },
  },
  ValidatingWebhookConfiguration: { metadata: { name: 'hooks' }, webhooks: [webhook] },
  MutatingWebhookConfiguration: {
    metadata: { name: 'hooks' },
    webhooks: [{ ...webhook, clientConfig: { url: 'https://hooks.example.com/pods' }, reinvocationPolicy: 'IfNeeded' }],
  },
  ValidatingAdmissionPolicy: {
    metadata: { name: 'replicas.example.com' },
    spec: {
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      matchConstraints: { resourceRules: [{ ...rule, resourceNames: ['web'] }] },
      matchConditions: [{ name: 'updates', expression: "request.operation == 'UPDATE'" }],
      variables: [{ name: 'most', expression: "int(params.data['most'])" }],
      validations: [
        {
          expression: 'object.spec.replicas <= variables.most',
          message: 'too many replicas',
          messageExpression: "'at most ' + string(variables.most)",
          reason: 'Forbidden',
        },
      ],
      auditAnnotations: [{ key: 'replicas', valueExpression: 'string(object.spec.replicas)' }],
    },
  },
  ValidatingAdmissionPolicyBinding: {
    metadata: { name: 'replicas.example.com' },
    spec: {
      policyName: 'replicas.example.com',
      paramRef: { name: 'limits', namespace: 'default', parameterNotFoundAction: 'Deny' },
      matchResources: { namespaceSelector: { matchLabels: { team: 'a' } } },
      validationActions: ['Deny', 'Audit'],
    },
  },
};
