import type { JsonSchema } from '../../../shared/api/custom-resource-definition.ts';
import { isApiError } from '../../../shared/api/errors.ts';
import { CelFailure } from '../cel/cel-error.ts';
import { regexOf } from '../cel/library/regex.ts';
import { equalJson } from '../decode/json-value.ts';
import type { FieldError } from '../validation/field-error.ts';
import { invalidValue, notSupported, tooLong, tooMany } from '../validation/fields.ts';
import { hasFormat } from './formats.ts';

/** Whether a value matches a pattern in RE2, which JSON schemas of Kubernetes are written for. */
function matchesPattern(pattern: string, text: string): boolean {
  try {
    return regexOf(pattern).matcher(text).find();
  } catch (error) {
    // Patterns are checked when they are stored; one that is none after all restricts nothing, as upstream has it.
    if (error instanceof CelFailure && !isApiError(error)) return true;
    throw error;
  }
}

/** `spec.a in body should …`: the words of go-openapi. */
const violation = (path: string, value: unknown, rule: string): FieldError =>
  invalidValue(path, value, `${path} in body should ${rule}`);

const INT_RANGES: Readonly<Record<string, number>> = { int32: 2 ** 31, int64: 2 ** 63 };

export function stringErrors(schema: JsonSchema, value: string, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const length = Array.from(value).length;
  if (schema.maxLength !== undefined && length > schema.maxLength) errors.push(tooLong(path, schema.maxLength));
  if (schema.minLength !== undefined && length < schema.minLength)
    errors.push(violation(path, value, `be at least ${schema.minLength} chars long`));
  if (schema.pattern && !matchesPattern(schema.pattern, value))
    errors.push(violation(path, value, `match '${schema.pattern}'`));
  if (schema.format && !hasFormat(schema.format, value))
    errors.push({
      type: 'TypeInvalid',
      field: path,
      value,
      detail: `${path} in body must be of type ${schema.format}: ${JSON.stringify(value)}`,
    });
  return errors;
}

export function numberErrors(schema: JsonSchema, value: number, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { minimum, maximum, multipleOf, exclusiveMinimum, exclusiveMaximum, format } = schema;
  const range = format === undefined ? undefined : INT_RANGES[format];
  if (range !== undefined && schema.type === 'integer' && (value < -range || value >= range))
    errors.push({
      type: 'TypeInvalid',
      field: path,
      value,
      detail: `${path} in body must be of type ${format ?? ''}: ${value}`,
    });
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum))
    errors.push(violation(path, value, `be less than ${exclusiveMaximum ? '' : 'or equal to '}${maximum}`));
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum))
    errors.push(violation(path, value, `be greater than ${exclusiveMinimum ? '' : 'or equal to '}${minimum}`));
  if (multipleOf !== undefined && multipleOf > 0 && !isMultiple(value, multipleOf))
    errors.push(violation(path, value, `be a multiple of ${multipleOf}`));
  return errors;
}

/** Whether the quotient is whole, but for the rounding of binary fractions. */
function isMultiple(value: number, of: number): boolean {
  const quotient = value / of;
  return Math.abs(quotient - Math.round(quotient)) < 1e-9;
}

export function arrayErrors(schema: JsonSchema, value: readonly unknown[], path: string): FieldError[] {
  const { minItems, maxItems } = schema;
  return [
    ...(maxItems !== undefined && value.length > maxItems ? [tooMany(path, value.length, maxItems)] : []),
    ...(minItems !== undefined && value.length < minItems
      ? [violation(path, value.length, `have at least ${minItems} items`)]
      : []),
  ];
}

export function objectErrors(schema: JsonSchema, value: object, path: string): FieldError[] {
  const { minProperties, maxProperties } = schema;
  const size = Object.keys(value).length;
  return [
    ...(maxProperties !== undefined && size > maxProperties ? [tooMany(path, size, maxProperties)] : []),
    ...(minProperties !== undefined && size < minProperties
      ? [violation(path, size, `have at least ${minProperties} properties`)]
      : []),
  ];
}

export function enumErrors(schema: JsonSchema, value: unknown, path: string): FieldError[] {
  if (!schema.enum || schema.enum.some((allowed) => equalJson(allowed, value))) return [];
  return [notSupported(path, value, schema.enum as readonly string[])];
}
