import { UnsignedInt } from '@marcbachmann/cel-js/evaluator';
import { CelFailure } from '../cel-error.ts';
import { equalCel } from '../equality.ts';
import { charge, traversal } from '../meter.ts';
import type { Declare } from './declare.ts';

type Ordered = string | number | bigint | boolean | Date;

/** What `<` compares. */
const order = (value: unknown): Ordered => {
  if (value instanceof UnsignedInt) return value.value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1');
  return typeof value === 'object' && value !== null ? Number(value) : (value as Ordered);
};

function extreme(name: string, better: (a: Ordered, b: Ordered) => boolean) {
  return (list: readonly unknown[]): unknown => {
    if (list.length === 0) throw new CelFailure(`${name} called on empty list`);
    return list.reduce((best, value) => (better(order(value), order(best)) ? value : best));
  };
}

function isSorted(list: readonly unknown[]): boolean {
  return list.every((value, index) => index === 0 || order(list[index - 1]) <= order(value));
}

function sum(list: readonly unknown[]): unknown {
  // An empty list has no first item to tell what kind of zero it is.
  if (list.length === 0) return 0n;
  if (list.every((value) => typeof value === 'number')) return list.reduce((total, value) => total + value, 0);
  if (list.every((value) => typeof value === 'bigint')) {
    const total = list.reduce((before, value) => before + value, 0n);
    if (BigInt.asIntN(64, total) !== total) throw new CelFailure('integer overflow');
    return total;
  }
  if (list.every((value) => value instanceof UnsignedInt))
    return new UnsignedInt(list.reduce((total, value) => total + value.value, 0n));
  throw new CelFailure('no such overload: sum');
}

const position =
  (find: (list: readonly unknown[], is: (value: unknown) => boolean) => number) =>
  (list: readonly unknown[], item: unknown): bigint => {
    charge(traversal(list));
    return BigInt(find(list, (value) => equalCel(value, item)));
  };

/** Kubernetes' list functions. */
export function declareLists(declare: Declare): void {
  declare('list<A>.isSorted(): bool', isSorted);
  declare('list<A>.sum(): A', sum);
  declare(
    'list<A>.min(): A',
    extreme('min', (a, b) => a < b),
  );
  declare(
    'list<A>.max(): A',
    extreme('max', (a, b) => a > b),
  );
  declare(
    'list<A>.indexOf(A): int',
    position((list, is) => list.findIndex(is)),
  );
  declare(
    'list<A>.lastIndexOf(A): int',
    position((list, is) => list.findLastIndex(is)),
  );
}

const includes = (list: readonly unknown[], value: unknown): boolean => list.some((item) => equalCel(item, value));
const contains = (list: readonly unknown[], part: readonly unknown[]): boolean => {
  charge(list.length * part.length);
  return part.every((value) => includes(list, value));
};

/** cel-go's `sets` extension; `namespace` is the type of the name before the dot. */
export function declareSets(declare: Declare, namespace: string): void {
  declare(`${namespace}.contains(list<A>, list<A>): bool`, (_sets: unknown, list: unknown[], part: unknown[]) =>
    contains(list, part),
  );
  declare(
    `${namespace}.equivalent(list<A>, list<A>): bool`,
    (_sets: unknown, left: unknown[], right: unknown[]) => contains(left, right) && contains(right, left),
  );
  declare(`${namespace}.intersects(list<A>, list<A>): bool`, (_sets: unknown, left: unknown[], right: unknown[]) => {
    charge(left.length * right.length);
    return left.some((value) => includes(right, value));
  });
}
