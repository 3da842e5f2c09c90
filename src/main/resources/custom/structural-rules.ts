import type { JsonSchema } from '../../../shared/api/custom-resource-definition.ts';
import { CelFailure } from '../cel/cel-error.ts';
import { regexOf } from '../cel/library/regex.ts';
import { equalJson } from '../decode/json-value.ts';
import type { FieldError } from '../validation/field-error.ts';
import { forbiddenField, invalidValue, required } from '../validation/fields.ts';
import { childPath, indexPath, itemsOf, keyPath, propertyOf, valuesOf } from './schema-nodes.ts';

type Level = 'root' | 'item' | 'field';

const INT_OR_STRING = [{ type: 'integer' }, { type: 'string' }];

/** What makes a schema structural (apiextensions `schema.ValidateStructural`): sorted, as upstream reports it. */
export function structuralErrors(schema: JsonSchema, path: string): FieldError[] {
  const errors = [...nodeErrors(schema, 'root', path), ...completenessErrors(schema, path)];
  return errors.sort((a, b) => (a.field < b.field ? -1 : a.field > b.field ? 1 : 0));
}

function nodeErrors(schema: JsonSchema, level: Level, path: string): FieldError[] {
  const { type = '', properties = {}, additionalProperties } = schema;
  const errors: FieldError[] = [];
  const items = itemsOf(schema);
  const values = valuesOf(schema);
  if (type === 'array' && !schema.items) errors.push(required(childPath(path, 'items'), 'must be specified'));
  if (items) errors.push(...nodeErrors(items, 'item', childPath(path, 'items')));
  for (const [name, property] of Object.entries(properties))
    errors.push(...nodeErrors(property, 'field', keyPath(childPath(path, 'properties'), name)));
  if (additionalProperties !== undefined && level === 'root')
    errors.push(forbiddenField(childPath(path, 'additionalProperties'), 'must not be used at the root'));
  if (values) errors.push(...nodeErrors(values, 'field', childPath(path, 'additionalProperties')));
  return [
    ...errors,
    ...extensionErrors(schema, path),
    ...junctorErrors(schema, level, path),
    ...typeErrors(schema, level, path),
    ...metaErrors(schema, level, path),
  ];
}

function extensionErrors(schema: JsonSchema, path: string): FieldError[] {
  if (!schema['x-kubernetes-int-or-string']) return [];
  return (['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource'] as const)
    .filter((extension) => schema[extension])
    .map((extension) =>
      invalidValue(childPath(path, extension), true, 'must be false if x-kubernetes-int-or-string is true'),
    );
}

const PLACES: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};

function typeErrors(schema: JsonSchema, level: Level, path: string): FieldError[] {
  const { type = '' } = schema;
  const at = childPath(path, 'type');
  const errors: FieldError[] = [];
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  const keeps = schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (embedded && type !== 'object') {
    const detail = 'must be object if x-kubernetes-embedded-resource is true';
    errors.push(type === '' ? required(at, detail) : invalidValue(at, type, detail));
  } else if (type === '' && !schema['x-kubernetes-int-or-string'] && !keeps) errors.push(required(at, PLACES[level]));
  if (embedded && schema.additionalProperties !== undefined)
    errors.push(
      forbiddenField(
        childPath(path, 'additionalProperties'),
        'must not be used if x-kubernetes-embedded-resource is set',
      ),
    );
  if (level === 'root' && type !== '' && type !== 'object')
    errors.push(invalidValue(at, type, 'must be object at the root'));
  if (embedded && !keeps && Object.keys(schema.properties ?? {}).length === 0)
    errors.push(
      required(
        childPath(path, 'properties'),
        'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
      ),
    );
  return errors;
}

/** The schema of metadata at the root can only restrict the name. */
function metaErrors(schema: JsonSchema, level: Level, path: string): FieldError[] {
  const isResource = level === 'root' || schema['x-kubernetes-embedded-resource'] === true;
  if (!isResource) return [];
  const at = (name: string): string => keyPath(childPath(path, 'properties'), name);
  const errors = ['kind', 'apiVersion'].flatMap((name) => {
    const property = propertyOf(schema, name);
    if (!property || property.type === 'string') return [];
    return [invalidValue(`${at(name)}.type`, property.type ?? '', 'must be string')];
  });
  const metadata = propertyOf(schema, 'metadata');
  if (!metadata) return errors;
  if (metadata.type !== 'object')
    errors.push(invalidValue(`${at('metadata')}.type`, metadata.type ?? '', 'must be object'));
  const { type: _type, properties = {}, description: _text, ...others } = metadata;
  const names = Object.keys(properties).every((name) => name === 'name' || name === 'generateName');
  if (level === 'root' && (!names || Object.keys(others).length > 0))
    errors.push(
      forbiddenField(
        at('metadata'),
        'must not specify anything other than name and generateName, but metadata is implicitly specified',
      ),
    );
  return errors;
}

function junctorErrors(schema: JsonSchema, level: Level, path: string): FieldError[] {
  const anyOf =
    equalJson(schema.anyOf, INT_OR_STRING) && schema['x-kubernetes-int-or-string'] ? [] : (schema.anyOf ?? []);
  const errors = nestedIn({ ...schema, anyOf }, path, (branch, at, index) =>
    nestedErrors(
      at.endsWith(`allOf[${index}]`) && index === 0 ? withoutIntOrString(branch, schema) : branch,
      level,
      at,
    ),
  );
  if (schema.pattern) {
    try {
      regexOf(schema.pattern);
    } catch (error) {
      if (!(error instanceof CelFailure)) throw error;
      errors.push(
        invalidValue(
          childPath(path, 'pattern'),
          schema.pattern,
          `must be a valid regular expression, but isn't: ${error.message}`,
        ),
      );
    }
  }
  return errors;
}

/** The first `allOf` of an int-or-string may hold its `anyOf`. */
const withoutIntOrString = (branch: JsonSchema, schema: JsonSchema): JsonSchema =>
  schema['x-kubernetes-int-or-string'] && equalJson(branch.anyOf, INT_OR_STRING) ? { ...branch, anyOf: [] } : branch;

function nestedIn(
  schema: JsonSchema,
  path: string,
  check: (branch: JsonSchema, path: string, index: number) => FieldError[],
): FieldError[] {
  return [
    ...(['anyOf', 'allOf', 'oneOf'] as const).flatMap((junctor) =>
      (schema[junctor] ?? []).flatMap((branch, index) =>
        check(branch, indexPath(childPath(path, junctor), index), index),
      ),
    ),
    ...(schema.not ? check(schema.not, childPath(path, 'not'), 0) : []),
  ];
}

const FORBIDDEN_IN_JUNCTORS: readonly (readonly [keyof JsonSchema, string])[] = [
  ['type', 'must be empty to be structural'],
  ['additionalProperties', 'must be undefined to be structural'],
  ['default', 'must be undefined to be structural'],
  ['title', 'must be empty to be structural'],
  ['description', 'must be empty to be structural'],
  ['nullable', 'must be false to be structural'],
  ['externalDocs', 'must be undefined to be structural'],
  ['x-kubernetes-preserve-unknown-fields', 'must be false to be structural'],
  ['x-kubernetes-embedded-resource', 'must be false to be structural'],
  ['x-kubernetes-int-or-string', 'must be false to be structural'],
  ['x-kubernetes-list-map-keys', 'must be empty to be structural'],
  ['x-kubernetes-list-type', 'must be undefined to be structural'],
  ['x-kubernetes-map-type', 'must be undefined to be structural'],
  ['x-kubernetes-validations', 'must be empty to be structural'],
];

/** Inside junctors a schema only restricts values; what a field is, is said outside. */
function nestedErrors(schema: JsonSchema, level: Level, path: string): FieldError[] {
  const items = itemsOf(schema);
  return [
    ...junctorErrors(schema, level, path),
    ...(items ? nestedErrors(items, level, childPath(path, 'items')) : []),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, property]) =>
      nestedErrors(property, 'field', keyPath(childPath(path, 'properties'), name)),
    ),
    ...FORBIDDEN_IN_JUNCTORS.filter(([field]) => schema[field] !== undefined && schema[field] !== false).map(
      ([field, detail]) => forbiddenField(childPath(path, field), detail),
    ),
    ...(propertyOf(schema, 'metadata')
      ? [forbiddenField(`${path}.properties[metadata]`, 'must not be specified in a nested context')]
      : []),
  ];
}

/** Every field a junctor speaks of is specified outside of it too (`validateStructuralCompleteness`). */
function completenessErrors(schema: JsonSchema, path: string): FieldError[] {
  const items = itemsOf(schema);
  const values = valuesOf(schema);
  return [
    ...nestedIn(schema, path, (branch, at) => missingIn(branch, schema, at, path)),
    ...(items ? completenessErrors(items, childPath(path, 'items')) : []),
    ...(values ? completenessErrors(values, childPath(path, 'additionalProperties')) : []),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, property]) =>
      completenessErrors(property, keyPath(childPath(path, 'properties'), name)),
    ),
  ];
}

function missingIn(branch: JsonSchema, spine: JsonSchema, branchPath: string, spinePath: string): FieldError[] {
  const items = itemsOf(branch);
  const spineItems = itemsOf(spine);
  const compare = (part: JsonSchema, other: JsonSchema | undefined, at: string, where: string): FieldError[] =>
    other ? missingIn(part, other, at, where) : [required(where, `because it is defined in ${at}`)];
  return [
    ...nestedIn(branch, branchPath, (inner, at) => missingIn(inner, spine, at, spinePath)),
    ...(items ? compare(items, spineItems, childPath(branchPath, 'items'), childPath(spinePath, 'items')) : []),
    ...Object.entries(branch.properties ?? {}).flatMap(([name, property]) =>
      compare(
        property,
        propertyOf(spine, name),
        keyPath(childPath(branchPath, 'properties'), name),
        keyPath(childPath(spinePath, 'properties'), name),
      ),
    ),
  ];
}
