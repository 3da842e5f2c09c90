import { Duration, UnsignedInt } from '@marcbachmann/cel-js/evaluator';

interface Comparable {
  equals(other: unknown): boolean;
}
const isComparable = (value: object): value is Comparable => 'equals' in value && typeof value.equals === 'function';

/** CEL's `==` of two values: numbers by value whatever their type, lists and maps by what is in them. */
export function equalCel(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (isNumeric(left) && isNumeric(right)) return equalNumbers(numberOf(left), numberOf(right));
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (left instanceof Date) return right instanceof Date && left.getTime() === right.getTime();
  if (left instanceof Duration)
    return right instanceof Duration && left.seconds === right.seconds && left.nanos === right.nanos;
  if (left instanceof Uint8Array) return right instanceof Uint8Array && Buffer.compare(left, right) === 0;
  if (isComparable(left)) return left.equals(right);
  if (Array.isArray(left) || Array.isArray(right))
    return (
      Array.isArray(left) &&
      Array.isArray(right) &&
      left.length === right.length &&
      left.every((item, index) => equalCel(item, right[index]))
    );
  const a = membersOf(left);
  const b = membersOf(right);
  return a.size === b.size && [...a].every(([key, value]) => b.has(key) && equalCel(value, b.get(key)));
}

// `===` never holds between a bigint and a number; NaN is equal to nothing.
const equalNumbers = (left: number | bigint, right: number | bigint): boolean => left <= right && left >= right;

type Numeric = number | bigint | UnsignedInt;
const isNumeric = (value: unknown): value is Numeric =>
  typeof value === 'number' || typeof value === 'bigint' || value instanceof UnsignedInt;
const numberOf = (value: Numeric): number | bigint => (value instanceof UnsignedInt ? value.value : value);

const membersOf = (value: object): Map<unknown, unknown> =>
  value instanceof Map ? new Map((value as Map<unknown, unknown>).entries()) : new Map(Object.entries(value));
