import type { JsonSchema, ValidationRule } from '../../../shared/api/custom-resource-definition.ts';
import type { FieldError } from '../validation/field-error.ts';
import { forbiddenField, invalidValue, notSupported, required } from '../validation/fields.ts';
import { fieldPathTarget } from './field-path.ts';
import { listExtensionErrors } from './list-extensions.ts';
import { childPath, indexPath, itemsOf, keyPath, META_FIELDS, valuesOf } from './schema-nodes.ts';

/** What is known of a node from where it is. */
interface Surroundings {
  isRoot: boolean;
  /** Why defaults may not be here, if so. */
  noDefaults?: string;
  insideMeta: boolean;
}

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const REASONS = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];
const hasNewline = (text: string): boolean => /[\n\r]/.test(text);

const UNSUPPORTED: readonly (readonly [keyof JsonSchema, string])[] = [
  ['id', 'id is not supported'],
  ['additionalItems', 'additionalItems is not supported'],
  ['patternProperties', 'patternProperties is not supported'],
  ['definitions', 'definitions is not supported'],
  ['dependencies', 'dependencies is not supported'],
  ['$ref', '$ref is not supported'],
];

/** What an OpenAPI schema in a CustomResourceDefinition may hold (`ValidateCustomResourceDefinitionOpenAPISchema`). */
export function openApiSchemaErrors(schema: JsonSchema, path: string): FieldError[] {
  return nodeErrors(schema, path, { isRoot: true, insideMeta: false });
}

function nodeErrors(schema: JsonSchema, path: string, at: Surroundings): FieldError[] {
  const inside: Surroundings = { ...at, isRoot: false };
  const values = valuesOf(schema);
  const items = itemsOf(schema);
  const propertyCount = Object.keys(schema.properties ?? {}).length;
  return [
    ...supportErrors(schema, path, at),
    ...(schema.uniqueItems
      ? [
          forbiddenField(
            childPath(path, 'uniqueItems'),
            'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
          ),
        ]
      : []),
    ...(propertyCount > 0 && (values !== undefined || schema.additionalProperties === false)
      ? [
          forbiddenField(
            childPath(path, 'additionalProperties'),
            'additionalProperties and properties are mutual exclusive',
          ),
        ]
      : []),
    ...(values
      ? nodeErrors(values, childPath(path, 'additionalProperties'), {
          ...inside,
          ...(at.insideMeta ? { noDefaults: 'inside additionalProperties applying to object metadata' } : {}),
        })
      : []),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
      const meta = (at.isRoot || schema['x-kubernetes-embedded-resource'] === true) && META_FIELDS.has(name);
      return nodeErrors(property, keyPath(childPath(path, 'properties'), name), {
        ...inside,
        ...(meta ? { insideMeta: true } : {}),
        ...(meta && at.isRoot ? { noDefaults: `in top-level ${name}` } : {}),
      });
    }),
    ...(schema.not ? nodeErrors(schema.not, childPath(path, 'not'), inside) : []),
    ...(['allOf', 'oneOf', 'anyOf'] as const).flatMap((junctor) =>
      (schema[junctor] ?? []).flatMap((branch, index) =>
        nodeErrors(branch, indexPath(childPath(path, junctor), index), inside),
      ),
    ),
    ...(items ? nodeErrors(items, childPath(path, 'items'), inside) : []),
    ...extensionErrors(schema, path),
    ...listExtensionErrors(schema, path),
    ...(schema['x-kubernetes-validations'] ?? []).flatMap((rule, index) =>
      ruleErrors(schema, rule, indexPath(childPath(path, 'x-kubernetes-validations'), index)),
    ),
  ];
}

function supportErrors(schema: JsonSchema, path: string, at: Surroundings): FieldError[] {
  const { type } = schema;
  return [
    ...(type && type !== 'null' && !TYPES.includes(type) ? [notSupported(childPath(path, 'type'), type, TYPES)] : []),
    ...(schema.default !== undefined && at.noDefaults
      ? [forbiddenField(childPath(path, 'default'), `must not be set ${at.noDefaults}`)]
      : []),
    ...UNSUPPORTED.filter(([field]) => schema[field] !== undefined).map(([field, detail]) =>
      forbiddenField(childPath(path, field), detail),
    ),
    ...(type === 'null'
      ? [forbiddenField(childPath(path, 'type'), 'type cannot be set to null, use nullable as an alternative')]
      : []),
    ...(Array.isArray(schema.items)
      ? [forbiddenField(childPath(path, 'items'), 'items must be a schema object and not an array')]
      : []),
    ...(at.insideMeta && schema['x-kubernetes-embedded-resource']
      ? [forbiddenField(childPath(path, 'x-kubernetes-embedded-resource'), 'must not be used inside of resource meta')]
      : []),
  ];
}

function extensionErrors(schema: JsonSchema, path: string): FieldError[] {
  const mapType = schema['x-kubernetes-map-type'];
  const { type = '' } = schema;
  const errors: FieldError[] = [];
  if (schema['x-kubernetes-preserve-unknown-fields'] === false)
    errors.push(
      invalidValue(childPath(path, 'x-kubernetes-preserve-unknown-fields'), false, 'must be true or undefined'),
    );
  if (mapType !== undefined && type !== 'object') {
    const detail = 'must be object if x-kubernetes-map-type is specified';
    const at = childPath(path, 'type');
    errors.push(type === '' ? required(at, detail) : invalidValue(at, type, detail));
  }
  if (mapType !== undefined && mapType !== 'atomic' && mapType !== 'granular')
    errors.push(notSupported(childPath(path, 'x-kubernetes-map-type'), mapType, ['atomic', 'granular']));
  return errors;
}

function ruleErrors(schema: JsonSchema, rule: ValidationRule, path: string): FieldError[] {
  const { message = '', messageExpression = '', fieldPath = '', reason } = rule;
  const text = (rule.rule ?? '').trim();
  const errors: FieldError[] = [];
  if (text === '') errors.push(required(`${path}.rule`, 'rule is not specified'));
  else if (message !== '' && message.trim() === '')
    errors.push(invalidValue(`${path}.message`, message, 'must be non-empty if specified'));
  else if (hasNewline(message.trim()))
    errors.push(invalidValue(`${path}.message`, message, 'must not contain line breaks'));
  else if (hasNewline(text) && message.trim() === '')
    errors.push(required(`${path}.message`, 'message must be specified if rule contains line breaks'));
  if (messageExpression !== '' && messageExpression.trim() === '')
    errors.push(required(`${path}.messageExpression`, 'messageExpression must be non-empty if specified'));
  if (reason !== undefined && !REASONS.includes(reason)) errors.push(notSupported(`${path}.reason`, reason, REASONS));
  if (fieldPath !== '' && fieldPath.trim() === '')
    errors.push(invalidValue(`${path}.fieldPath`, fieldPath, 'must be non-empty if specified'));
  if (hasNewline(fieldPath)) errors.push(invalidValue(`${path}.fieldPath`, fieldPath, 'must not contain line breaks'));
  if (fieldPath !== '' && typeof fieldPathTarget(fieldPath, schema) === 'string')
    errors.push(invalidValue(`${path}.fieldPath`, fieldPath, 'must be a valid path'));
  return errors;
}
