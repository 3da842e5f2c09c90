import type { FieldError } from './field-error.ts';
import { invalidValue, nonNegative } from './fields.ts';

/** Pieces that several kinds of workload share. */

const PERCENT = /^[0-9]+%$/;

/** `3` or `25%` (apps/validation ValidatePositiveIntOrPercent). */
export function validateIntOrPercent(value: number | string | undefined, field: string): FieldError[] {
  if (typeof value === 'number') return nonNegative(field, value);
  if (value === undefined || PERCENT.test(value)) return [];
  return [
    invalidValue(
      field,
      value,
      "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
    ),
  ];
}

/** Not more than all of them. */
export const atMost100Percent = (value: number | string | undefined, field: string): FieldError[] =>
  typeof value === 'string' && PERCENT.test(value) && Number.parseInt(value, 10) > 100
    ? [invalidValue(field, value, 'must not be greater than 100%')]
    : [];

export const isZeroAmount = (value: number | string | undefined): boolean => Number.parseInt(String(value), 10) === 0;

/** Counts of a status: none negative, and the named ones within the first. */
export function validateCounts<Name extends string>(
  status: Readonly<Partial<Record<Name, unknown>>> | undefined,
  fields: readonly Name[],
  within?: { total: Name; parts: readonly Name[] },
): FieldError[] {
  const count = (name: Name): number => {
    const value = status?.[name];
    return typeof value === 'number' ? value : 0;
  };
  return [
    ...fields.flatMap((name) => nonNegative(`status.${name}`, count(name))),
    ...(within?.parts ?? [])
      .filter((name) => within !== undefined && count(name) > count(within.total))
      .map((name) =>
        invalidValue(`status.${name}`, count(name), `cannot be greater than status.${within?.total ?? ''}`),
      ),
  ];
}

/** What is available is ready too; `of` is what the ready ones are called in the complaint. */
export const availableWithinReady = (
  status: { availableReplicas?: number; readyReplicas?: number } | undefined,
  of = 'readyReplicas',
): FieldError[] =>
  (status?.availableReplicas ?? 0) > (status?.readyReplicas ?? 0)
    ? [invalidValue('status.availableReplicas', status?.availableReplicas, `cannot be greater than ${of}`)]
    : [];

/** `status.collisionCount` only grows. */
export function validateCollisionCount(
  status: { collisionCount?: number } | undefined,
  old: { collisionCount?: number } | undefined,
): FieldError[] {
  const count = status?.collisionCount ?? 0;
  return old?.collisionCount !== undefined && (status?.collisionCount === undefined || count < old.collisionCount)
    ? [invalidValue('status.collisionCount', count, 'cannot be decremented')]
    : [];
}
