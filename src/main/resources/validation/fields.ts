import type { FieldError } from './field-error.ts';
import { equalJson } from '../decode/json-value.ts';

/** Constructors of field errors and the few rules every kind uses, as apimachinery's `field` and `validation` packages. */

export const required = (field: string, detail = ''): FieldError => ({ type: 'Required', field, detail });

export const invalidValue = (field: string, value: unknown, detail: string): FieldError => ({
  type: 'Invalid',
  field,
  value,
  detail,
});

export const notSupported = (field: string, value: unknown, supported: readonly string[]): FieldError => ({
  type: 'NotSupported',
  field,
  value,
  supported,
  detail: '',
});

export const duplicate = (field: string, value: unknown): FieldError => ({
  type: 'Duplicate',
  field,
  value,
  detail: '',
});
export const forbiddenField = (field: string, detail: string): FieldError => ({ type: 'Forbidden', field, detail });
export const notFoundField = (field: string, value: unknown): FieldError => ({
  type: 'NotFound',
  field,
  value,
  detail: '',
});

export const tooLong = (field: string, maxBytes: number): FieldError => ({
  type: 'TooLong',
  field,
  detail: `may not be more than ${maxBytes} bytes`,
});

export const tooMany = (field: string, actual: number, most: number): FieldError => ({
  type: 'TooMany',
  field,
  value: actual,
  detail: `must have at most ${most} items`,
});

/** One Invalid error for each complaint about the value. */
export const complaintsAbout = (field: string, value: unknown, complaints: readonly string[]): FieldError[] =>
  complaints.map((complaint) => invalidValue(field, value, complaint));

export const nonNegative = (field: string, value: number | undefined): FieldError[] =>
  value !== undefined && value < 0 ? [invalidValue(field, value, 'must be greater than or equal to 0')] : [];

export const oneOf = (field: string, value: string | undefined, supported: readonly string[]): FieldError[] =>
  value === undefined || supported.includes(value) ? [] : [notSupported(field, value, supported)];

export const requiredOneOf = (field: string, value: string | undefined, supported: readonly string[]): FieldError[] =>
  value === undefined || value === '' ? [required(field)] : oneOf(field, value, supported);

/** `field is immutable`, unless both are the same. */
export const immutable = (field: string, value: unknown, old: unknown): FieldError[] =>
  equalJson(value, old) ? [] : [invalidValue(field, value, 'field is immutable')];

/** One Duplicate error for each item whose key was there before; items without a key are skipped. */
export function duplicatesIn<T>(
  items: readonly T[],
  keyOf: (item: T) => string | undefined,
  fieldOf: (index: number) => string,
): FieldError[] {
  const seen = new Set<string>();
  return items.flatMap((item, index) => {
    const key = keyOf(item);
    if (key === undefined || key === '') return [];
    if (seen.has(key)) return [duplicate(fieldOf(index), key)];
    seen.add(key);
    return [];
  });
}
