import { equalJson } from '../decode/json-value.ts';
import type { FieldError } from './field-error.ts';
import { complaintsAbout, forbiddenField } from './fields.ts';
import { configMapKey } from './names.ts';

/** Values of a ConfigMap or Secret together. */
export const MAX_DATA_BYTES = 1024 * 1024;

type Data = Readonly<Record<string, string>>;

export const validateKeys = (field: string, data: Data): FieldError[] =>
  Object.keys(data).flatMap((key) => complaintsAbout(`${field}[${key}]`, key, configMapKey(key)));

/** Bytes the values stand for. */
export function dataBytes(data: Data, encoding: 'text' | 'base64'): number {
  return Object.values(data).reduce(
    (sum, value) => sum + (encoding === 'text' ? Buffer.byteLength(value) : Buffer.byteLength(value, 'base64')),
    0,
  );
}

interface MaybeImmutable {
  immutable?: boolean;
  data?: Data;
  binaryData?: Data;
}

/** Once `immutable` is set neither it nor the data can change again. */
export function validateImmutableData(
  object: MaybeImmutable,
  old: MaybeImmutable,
  fields: readonly ('data' | 'binaryData')[],
): FieldError[] {
  if (old.immutable !== true) return [];
  const why = 'field is immutable when `immutable` is set';
  return [
    ...(object.immutable === true ? [] : [forbiddenField('immutable', why)]),
    ...fields.filter((field) => !equalJson(object[field], old[field])).map((field) => forbiddenField(field, why)),
  ];
}
