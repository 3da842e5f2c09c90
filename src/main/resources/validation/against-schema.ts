import { getOwn, isJsonObject } from '../decode/json-value.ts';
import { schemaNamed } from '../schema/catalog.ts';
import { OBJECT_META, refOf, type Schema } from '../schema/schema.ts';
import type { FieldError } from './field-error.ts';
import { invalidValue, notSupported, required } from './fields.ts';

/**
 * What a schema says beyond types (required, enum, minimum, maximum, pattern), in the words of custom resource
 * validation. `metadata` is left to its own rules.
 */
export function validateAgainstSchema(schemaName: string, value: unknown): FieldError[] {
  return validateValue(schemaNamed(schemaName), value, '');
}

function validateValue(schema: Schema, value: unknown, path: string): FieldError[] {
  const name = refOf(schema);
  if (name === OBJECT_META || value === undefined) return [];
  if (name) return validateValue(schemaNamed(name), value, path);
  if (Array.isArray(value)) {
    const { items } = schema;
    return items ? value.flatMap((item, index) => validateValue(items, item, `${path}[${index}]`)) : [];
  }
  if (isJsonObject(value)) {
    const at = (field: string): string => (path === '' ? field : `${path}.${field}`);
    return [
      ...(schema.required ?? [])
        .filter((field) => getOwn(value, field) === undefined)
        .map((field) => required(at(field))),
      ...Object.entries(schema.properties ?? {}).flatMap(([field, property]) =>
        validateValue(property, getOwn(value, field), at(field)),
      ),
    ];
  }
  return validateScalar(schema, value, path);
}

function validateScalar(schema: Schema, value: unknown, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const violation = (detail: string): void => {
    errors.push(invalidValue(path, value, `${path} in body should ${detail}`));
  };
  if (typeof value === 'string') {
    if (schema.enum && !schema.enum.includes(value)) errors.push(notSupported(path, value, schema.enum));
    if (schema.pattern && !new RegExp(schema.pattern).test(value)) violation(`match '${schema.pattern}'`);
  }
  if (typeof value === 'number') {
    if (schema.minimum !== undefined && value < schema.minimum) {
      violation(`be greater than or equal to ${schema.minimum}`);
    }
    if (schema.maximum !== undefined && value > schema.maximum) violation(`be less than or equal to ${schema.maximum}`);
  }
  return errors;
}
