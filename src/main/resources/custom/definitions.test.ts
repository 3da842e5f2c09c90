import { expect, test } from 'vitest';
import type { CustomResourceDefinition, JsonSchema } from '../../../shared/api/custom-resource-definition.ts';
import { copyJson } from '../decode/json-value.ts';
import { customResourceDefinitionKind } from '../kinds/custom-resource-definition.ts';
import { CRON_TAB_DEFINITION } from '../testing/extension-samples.ts';
import { messageOfFieldError } from '../validation/field-error.ts';

/** What is said of a definition that was changed. */
function complaints(change: (crd: CustomResourceDefinition) => void): string[] {
  const crd = copyJson(CRON_TAB_DEFINITION) as CustomResourceDefinition;
  change(crd);
  customResourceDefinitionKind.setDefaults(crd);
  return customResourceDefinitionKind.validate(crd).map((error) => `${error.field}: ${messageOfFieldError(error)}`);
}

/** What is said of one property of `spec`. */
const ofProperty = (schema: object): string[] =>
  complaints((crd) => {
    const [version] = crd.spec.versions;
    if (version)
      version.schema = {
        openAPIV3Schema: {
          type: 'object',
          properties: { spec: { type: 'object', properties: { image: { type: 'string' }, x: schema as JsonSchema } } },
        },
      };
  });
const X = 'spec.validation.openAPIV3Schema.properties[spec].properties[x]';

test('a valid definition breaks no rule', () => {
  expect(complaints(() => undefined)).toEqual([]);
});

test.each<[string, (crd: CustomResourceDefinition) => void, string]>([
  [
    'name',
    (crd) => (crd.metadata = { name: 'x.y.z' }),
    'metadata.name: Invalid value: "x.y.z": must be spec.names.plural+"."+spec.group',
  ],
  [
    'scope',
    (crd) => (crd.spec.scope = 'Galaxy'),
    'spec.scope: Unsupported value: "Galaxy": supported values: "Cluster", "Namespaced"',
  ],
  [
    'group',
    (crd) => (crd.spec.group = 'nodots'),
    'spec.group: Invalid value: "nodots": should be a domain with at least one dot',
  ],
  [
    'no storage',
    (crd) => crd.spec.versions.forEach((version) => (version.storage = false)),
    'must have exactly one version marked as storage version',
  ],
  [
    'two of a name',
    (crd) =>
      crd.spec.versions.push({
        ...(crd.spec.versions[0] ?? { name: 'v1', served: true, storage: false }),
        storage: false,
      }),
    'must contain unique version names',
  ],
  [
    'kind',
    (crd) => (crd.spec.names.kind = 'Cron Tab'),
    'spec.names.kind: Invalid value: "Cron Tab": may have mixed case, but should otherwise match: a DNS-1035 label',
  ],
  [
    'listKind',
    (crd) => (crd.spec.names.listKind = 'CronTab'),
    'spec.names.listKind: Invalid value: "CronTab": kind and listKind may not be the same',
  ],
  [
    'no schema',
    (crd) => crd.spec.versions.forEach((version) => delete version.schema),
    'spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required',
  ],
  [
    'preserveUnknownFields',
    (crd) => (crd.spec.preserveUnknownFields = true),
    'spec.preserveUnknownFields: Invalid value: true: must be false',
  ],
  [
    'protected group',
    (crd) => {
      crd.spec.group = 'x.k8s.io';
      crd.metadata = { name: 'crontabs.x.k8s.io' };
    },
    'metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation',
  ],
  [
    'column type',
    (crd) => crd.spec.versions[0]?.additionalPrinterColumns?.push({ name: 'A', type: 'text', jsonPath: '.a' }),
    'must be one of boolean,date,integer,number,string',
  ],
  [
    'column path',
    (crd) => crd.spec.versions[0]?.additionalPrinterColumns?.push({ name: 'A', type: 'string', jsonPath: 'a' }),
    'must be a simple json path starting with .',
  ],
  [
    'scale',
    (crd) =>
      crd.spec.versions[0]
        ? (crd.spec.versions[0].subresources = { scale: { specReplicasPath: '.x', statusReplicasPath: '.status.n' } })
        : undefined,
    'spec.subresources.scale.specReplicasPath: Invalid value: ".x": should be a json path under .spec',
  ],
  [
    'selectable field',
    (crd) =>
      crd.spec.versions[0] ? (crd.spec.versions[0].selectableFields = [{ jsonPath: '.spec.ports' }]) : undefined,
    'must point to a field of type string, boolean or integer',
  ],
  [
    'selectable path',
    (crd) =>
      crd.spec.versions[0] ? (crd.spec.versions[0].selectableFields = [{ jsonPath: '.spec.nothing' }]) : undefined,
    'is an invalid path: does not refer to a valid field',
  ],
  [
    'conversion',
    (crd) => (crd.spec.conversion = { strategy: 'Magic' }),
    'spec.conversion.strategy: Unsupported value: "Magic": supported values: "None", "Webhook"',
  ],
  [
    'webhook without client',
    (crd) => (crd.spec.conversion = { strategy: 'Webhook' }),
    'spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook',
  ],
])('%s', (_what, change, expected) => {
  expect(complaints(change).join('\n')).toContain(expected);
});

test.each<[object, string]>([
  [{}, `${X}.type: Required value: must not be empty for specified object fields`],
  [{ type: 'array' }, `${X}.items: Required value: must be specified`],
  [
    { type: 'text' },
    `${X}.type: Unsupported value: "text": supported values: "array", "boolean", "integer", "number", "object", "string"`,
  ],
  [
    { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: { type: 'string' } },
    `${X}.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive`,
  ],
  [{ type: 'string', anyOf: [{ type: 'string' }] }, `${X}.anyOf[0].type: Forbidden: must be empty to be structural`],
  [
    { type: 'object', anyOf: [{ properties: { a: { minimum: 1 } } }] },
    `${X}.properties[a]: Required value: because it is defined in ${X}.anyOf[0].properties[a]`,
  ],
  [
    { type: 'string', pattern: '(' },
    `${X}.pattern: Invalid value: "(": must be a valid regular expression, but isn't: `,
  ],
  [
    { type: 'string', default: 5 },
    `${X}.default: Invalid value: "integer": ${X}.default in body must be of type string: "integer"`,
  ],
  [
    { type: 'object', properties: {}, default: { a: 1 } },
    `${X}.default: Invalid value: {"a":1}: must not have unknown fields`,
  ],
  [
    { type: 'string', uniqueItems: true },
    `${X}.uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic`,
  ],
  [{ type: 'string', $ref: '#/x' }, `${X}.$ref: Forbidden: $ref is not supported`],
  [
    {
      type: 'array',
      items: { type: 'object', properties: { k: { type: 'string' } } },
      'x-kubernetes-list-type': 'map',
    },
    `${X}.x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map`,
  ],
  [
    {
      type: 'array',
      items: { type: 'object', properties: { k: { type: 'string' } } },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['k'],
    },
    `${X}.items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property`,
  ],
  [
    { type: 'array', items: { type: 'object' }, 'x-kubernetes-list-type': 'set' },
    `${X}.items.x-kubernetes-map-type: Invalid value: null: must be atomic as item of a list with x-kubernetes-list-type=set`,
  ],
  [
    { type: 'string', 'x-kubernetes-list-type': 'set' },
    `${X}.type: Invalid value: "string": must be array if x-kubernetes-list-type is specified`,
  ],
  [
    { type: 'object', 'x-kubernetes-embedded-resource': true },
    `${X}.properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields`,
  ],
  [
    { type: 'object', 'x-kubernetes-preserve-unknown-fields': false },
    `${X}.x-kubernetes-preserve-unknown-fields: Invalid value: false: must be true or undefined`,
  ],
  [
    { type: 'string', 'x-kubernetes-validations': [{}] },
    `${X}.x-kubernetes-validations[0].rule: Required value: rule is not specified`,
  ],
  [{ type: 'string', 'x-kubernetes-validations': [{ rule: 'self.x' }] }, 'compilation failed: ERROR: <input>:1:6: '],
  [{ type: 'string', 'x-kubernetes-validations': [{ rule: 'self' }] }, 'cel expression must evaluate to a bool'],
  [
    { type: 'string', 'x-kubernetes-validations': [{ rule: 'true', reason: 'Because' }] },
    `${X}.x-kubernetes-validations[0].reason: Unsupported value: "Because"`,
  ],
  [
    { type: 'string', 'x-kubernetes-validations': [{ rule: 'true', messageExpression: '1' }] },
    'messageExpression cel expression must evaluate to a string',
  ],
  [
    { type: 'string', 'x-kubernetes-validations': [{ rule: 'true', optionalOldSelf: true }] },
    'may not be set if oldSelf is not used in rule',
  ],
  [
    { type: 'array', items: { type: 'string', 'x-kubernetes-validations': [{ rule: 'self == oldSelf' }] } },
    `oldSelf cannot be used on the uncorrelatable portion of the schema within ${X}`,
  ],
])('%j', (schema, expected) => {
  expect(ofProperty(schema).join('\n')).toContain(expected);
});
