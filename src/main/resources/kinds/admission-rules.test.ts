import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../shared/api/meta.ts';
import type { JsonObject } from '../decode/json-value.ts';
import { tableOf } from '../table.ts';
import { complaints, update } from '../testing/complaints.ts';
import { created, kindNamed, sampleOf } from '../testing/samples.ts';

const NOW = Date.parse('2026-01-01T01:00:00Z');
const rowOf = (kindName: string, object: KubeObject): unknown[] =>
  tableOf(kindNamed(kindName), [object], { now: NOW, includeObject: 'None', listMeta: {} }).rows[0]?.cells ?? [];

/** The sample with its first webhook changed. */
function webhooks(change: JsonObject): JsonObject {
  const [webhook] = sampleOf('ValidatingWebhookConfiguration')['webhooks'] as JsonObject[];
  return { webhooks: [{ ...webhook, ...change }] };
}
const rule = (change: JsonObject): JsonObject =>
  webhooks({
    rules: [
      { operations: ['CREATE'], apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'], ...change },
    ],
  });

describe('HorizontalPodAutoscaler', () => {
  test('has the defaults of version 2', () => {
    const plain = created('HorizontalPodAutoscaler', {
      metadata: { name: 'a', namespace: 'b' },
      spec: {
        scaleTargetRef: { kind: 'Deployment', name: 'web' },
        maxReplicas: 3,
        behavior: { scaleUp: { selectPolicy: 'Min' } },
      },
    });
    expect(plain).toMatchObject({
      spec: {
        minReplicas: 1,
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
        ],
        behavior: {
          scaleUp: {
            stabilizationWindowSeconds: 0,
            selectPolicy: 'Min',
            policies: [
              { type: 'Pods', value: 4 },
              { type: 'Percent', value: 100 },
            ],
          },
          scaleDown: { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] },
        },
      },
    });
  });

  test.each([
    [{ spec: { minReplicas: 0 } }, 'spec.minReplicas: Invalid value: 0: must be greater than or equal to 1'],
    [
      { spec: { maxReplicas: 1 } },
      'spec.maxReplicas: Invalid value: 1: must be greater than or equal to `minReplicas`',
    ],
    [
      { spec: { scaleTargetRef: { name: 'a/b' } } },
      'spec.scaleTargetRef.name: Invalid value: "a/b": may not contain \'/\'',
    ],
    [
      { spec: { metrics: [{ type: 'Pods' }] } },
      'spec.metrics[0].pods: Required value: must populate information for the given metric source',
    ],
    [
      { spec: { metrics: [{ type: 'Magic' }] } },
      'spec.metrics[0].type: Unsupported value: "Magic": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"',
    ],
    [
      {
        spec: {
          metrics: [
            { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 0 } } },
          ],
        },
      },
      'spec.metrics[0].resource.target.averageUtilization: Invalid value: 0: must be greater than 0',
    ],
    [
      { spec: { behavior: { scaleDown: { stabilizationWindowSeconds: 3601 } } } },
      'spec.behavior.scaleDown.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600',
    ],
  ])('%j is refused', (change, complaint) => {
    expect(complaints('HorizontalPodAutoscaler', change as JsonObject)).toContain(complaint);
  });

  test('is shown as upstream shows it', () => {
    const object = {
      ...created<KubeObject>('HorizontalPodAutoscaler'),
      status: {
        currentReplicas: 3,
        currentMetrics: [
          { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 12, averageValue: '1m' } } },
        ],
      },
    };
    expect(rowOf('HorizontalPodAutoscaler', object).slice(0, 6)).toEqual([
      'web',
      'Deployment/web',
      'cpu: 12%/60%, <unknown>/100',
      '2',
      10,
      3,
    ]);
  });
});

describe('webhook configurations', () => {
  test('have the defaults of admissionregistration/v1', () => {
    expect(created('MutatingWebhookConfiguration')).toMatchObject({
      webhooks: [
        {
          failurePolicy: 'Fail',
          matchPolicy: 'Equivalent',
          reinvocationPolicy: 'IfNeeded',
          timeoutSeconds: 5,
          rules: [{ scope: 'Namespaced' }],
        },
      ],
    });
    expect(created('ValidatingWebhookConfiguration')).toMatchObject({
      webhooks: [{ clientConfig: { service: { port: 443 } } }],
    });
  });

  test.each([
    [
      webhooks({ name: 'short' }),
      'webhooks[0].name: Invalid value: "short": should be a domain with at least three segments separated by dots',
    ],
    [
      webhooks({ sideEffects: 'Some' }),
      'webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"',
    ],
    [
      webhooks({ timeoutSeconds: 31 }),
      'webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds',
    ],
    [
      webhooks({ clientConfig: {} }),
      'webhooks[0].clientConfig: Required value: exactly one of url or service is required',
    ],
    [
      webhooks({ clientConfig: { url: 'http://a' } }),
      'webhooks[0].clientConfig.url: Invalid value: "http": \'https\' is the only allowed URL scheme; desired format: https://host[/path]',
    ],
    [
      webhooks({ clientConfig: { url: 'https://u:p@a/x?y#z' } }),
      'webhooks[0].clientConfig.url: Invalid value: "u:p": user information is not permitted in the URL',
    ],
    [
      webhooks({ clientConfig: { service: { name: 'a', namespace: 'b', path: '/a//b' } } }),
      'webhooks[0].clientConfig.service.path: Invalid value: "/a//b": segment[1] may not be empty',
    ],
    [
      webhooks({ admissionReviewVersions: ['v9'] }),
      'webhooks[0].admissionReviewVersions: Invalid value: ["v9"]: must include at least one of v1, v1beta1',
    ],
    [
      webhooks({ matchConditions: [{ name: 'a', expression: 'object.x +' }] }),
      'webhooks[0].matchConditions[0].expression: Invalid value: "object.x +": compilation failed',
    ],
    [
      rule({ operations: ['*', 'CREATE'] }),
      'webhooks[0].rules[0].operations: Invalid value: ["*","CREATE"]: if \'*\' is present, must not specify other operations',
    ],
    [
      rule({ resources: ['pods/*', 'pods/exec'] }),
      'webhooks[0].rules[0].resources[1]: Invalid value: "pods/exec": if \'pods/*\' is present, must not specify pods/exec',
    ],
    [
      rule({ resources: ['*', 'pods'] }),
      'webhooks[0].rules[0].resources: Invalid value: ["*","pods"]: if \'*\' is present, must not specify other resources without subresources',
    ],
    [
      rule({ scope: 'Everywhere' }),
      'webhooks[0].rules[0].scope: Unsupported value: "Everywhere": supported values: "*", "Cluster", "Namespaced"',
    ],
  ])('%#: %j is refused', (change, complaint) => {
    expect(
      complaints('ValidatingWebhookConfiguration', change).map((said) => said.slice(0, complaint.length)),
    ).toContain(complaint);
  });

  test('their generation moves with the webhooks', () => {
    expect(update('ValidatingWebhookConfiguration', webhooks({ timeoutSeconds: 7 })).object.metadata?.generation).toBe(
      2,
    );
    expect(
      update('ValidatingWebhookConfiguration', { metadata: { labels: { a: 'b' } } }).object.metadata?.generation,
    ).toBe(1);
  });
});

describe('admission policies', () => {
  test.each([
    [
      'ValidatingAdmissionPolicy',
      { spec: { paramKind: { kind: 'A_B' } } },
      'spec.paramKind.kind: Invalid value: "A_B": may have mixed case, but should otherwise match: ',
    ],
    [
      'ValidatingAdmissionPolicy',
      { spec: { matchConstraints: { resourceRules: null } } },
      'spec.matchConstraints.resourceRules: Required value',
    ],
    [
      'ValidatingAdmissionPolicy',
      { spec: { validations: [{ expression: 'variables.none' }] } },
      'spec.validations[0].expression: Invalid value: "variables.none": compilation failed',
    ],
    [
      'ValidatingAdmissionPolicy',
      { spec: { validations: [{ expression: 'true', message: 'a\nb' }] } },
      'spec.validations[0].message: Invalid value: "a\\nb": message must not contain line breaks',
    ],
    [
      'ValidatingAdmissionPolicy',
      { spec: { variables: [{ name: 'in', expression: '1' }] } },
      'spec.variables[0].name: Invalid value: "in": name is not a valid CEL identifier',
    ],
    [
      'ValidatingAdmissionPolicy',
      { spec: { auditAnnotations: [{ key: 'a', valueExpression: '1' }] } },
      'spec.auditAnnotations[0].valueExpression: Invalid value: "1": must evaluate to one of [string null_type]',
    ],
    [
      'ValidatingAdmissionPolicyBinding',
      { spec: { validationActions: ['Deny', 'Warn'] } },
      'spec.validationActions: Invalid value: ["Deny","Warn"]: must not contain both Deny and Warn',
    ],
    [
      'ValidatingAdmissionPolicyBinding',
      { spec: { paramRef: { selector: {} } } },
      'spec.paramRef.name: Forbidden: name and selector are mutually exclusive',
    ],
    [
      'ValidatingAdmissionPolicyBinding',
      { spec: { validationActions: null } },
      'spec.validationActions: Required value: at least one validation action is required',
    ],
  ])('%s %j is refused', (kindName, change, complaint) => {
    expect(complaints(kindName, change as JsonObject).map((said) => said.slice(0, complaint.length))).toContain(
      complaint,
    );
  });

  test('are shown with what they check and what parameters they take', () => {
    expect(rowOf('ValidatingAdmissionPolicy', created('ValidatingAdmissionPolicy')).slice(0, 3)).toEqual([
      'replicas.example.com',
      1,
      'v1/ConfigMap',
    ]);
    expect(rowOf('ValidatingAdmissionPolicyBinding', created('ValidatingAdmissionPolicyBinding')).slice(0, 3)).toEqual([
      'replicas.example.com',
      'replicas.example.com',
      'default/limits',
    ]);
  });
});

describe('storage and events', () => {
  test.each([
    [
      'CSIDriver',
      { spec: { fsGroupPolicy: 'Maybe' } },
      'spec.fsGroupPolicy: Unsupported value: "Maybe": supported values: "File", "None", "ReadWriteOnceWithFSType"',
    ],
    [
      'CSIDriver',
      { spec: { tokenRequests: [{ audience: 'a', expirationSeconds: 60 }] } },
      'spec.tokenRequests[0].expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes',
    ],
    ['CSINode', { spec: { drivers: [{ name: 'a', nodeID: '' }] } }, 'spec.drivers[0].nodeID: Required value'],
    [
      'VolumeAttachment',
      { spec: { source: { persistentVolumeName: null } } },
      'spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName',
    ],
    [
      'VolumeAttributesClass',
      { parameters: null },
      'spec.parameters: Required value: must contain at least one key/value pair',
    ],
    ['Event.v1.events.k8s.io', { type: 'Odd' }, 'type: Invalid value: "": has invalid value: Odd'],
    ['Event.v1.events.k8s.io', { deprecatedCount: 3 }, 'count: Invalid value: "": needs to be unset'],
    ['Event.v1.events.k8s.io', { reportingController: null }, 'reportingController: Required value'],
  ])('%s %j is refused', (kindName, change, complaint) => {
    expect(complaints(kindName, change as JsonObject)).toContain(complaint);
  });

  test.each([
    ['CSIDriver', { spec: { attachRequired: true } }, 'spec.attachedRequired: Invalid value: true: field is immutable'],
    ['VolumeAttachment', { spec: { nodeName: 'other' } }, 'spec: Invalid value'],
    ['VolumeAttributesClass', { driverName: 'other' }, 'driverName: Forbidden: updates to driverName are forbidden.'],
    ['Event.v1.events.k8s.io', { note: 'other' }, 'message: Invalid value: "other": field is immutable'],
  ])('%s cannot be changed to %j', (kindName, change, complaint) => {
    expect(update(kindName, change as JsonObject).errors.map((said) => said.slice(0, complaint.length))).toContain(
      complaint,
    );
  });
});
