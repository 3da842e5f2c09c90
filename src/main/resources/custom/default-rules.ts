import type { JsonSchema } from '../../../shared/api/custom-resource-definition.ts';
import { copyJson, isJsonObject } from '../decode/json-value.ts';
import type { FieldError } from '../validation/field-error.ts';
import { invalidValue } from '../validation/fields.ts';
import { pruneUnknown } from './pruning.ts';
import { childPath, itemsOf, keyPath, valuesOf } from './schema-nodes.ts';
import { validateValue } from './validate-value.ts';

/** Defaults are valid values of their schemas, and complete (apiextensions `structuraldefaulting.ValidateDefaults`). */
export function defaultErrors(schema: JsonSchema, path: string): FieldError[] {
  const items = itemsOf(schema);
  const values = valuesOf(schema);
  return [
    ...(schema.default === undefined ? [] : errorsOfDefault(schema, schema.default, childPath(path, 'default'))),
    ...(items ? defaultErrors(items, childPath(path, 'items')) : []),
    ...(values ? defaultErrors(values, childPath(path, 'additionalProperties')) : []),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, property]) =>
      defaultErrors(property, keyPath(childPath(path, 'properties'), name)),
    ),
  ];
}

function errorsOfDefault(schema: JsonSchema, value: unknown, path: string): FieldError[] {
  const copy = copyJson(value);
  const unknown = isJsonObject(copy) ? pruneUnknown({ value: copy }, { properties: { value: schema } }) : [];
  if (unknown.length > 0) return [invalidValue(path, value, 'must not have unknown fields')];
  return validateValue(schema, value, path);
}
