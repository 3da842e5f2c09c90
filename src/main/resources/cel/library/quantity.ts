import type { Environment } from '@marcbachmann/cel-js';
import { formatAmount, parseAmount } from '../../../../shared/api/amount.ts';
import { CelFailure } from '../cel-error.ts';
import type { Declare } from './declare.ts';

const TYPE = 'kubernetes.Quantity';
const NANO = 10n ** 9n;
const MAX_INT = 2n ** 63n - 1n;

/** An amount, exact to a billionth. */
class Quantity {
  constructor(readonly nano: bigint) {}

  static parse(text: string): Quantity {
    const nano = parseAmount(text)?.nano;
    if (nano === undefined)
      throw new CelFailure(
        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
      );
    return new Quantity(nano);
  }

  equals(other: unknown): boolean {
    return other instanceof Quantity && other.nano === this.nano;
  }

  get isInteger(): boolean {
    return this.nano % NANO === 0n && this.nano / NANO <= MAX_INT && this.nano / NANO >= -MAX_INT - 1n;
  }

  toString(): string {
    return formatAmount({ nano: this.nano, format: 'decimal' });
  }
}

const compare = (a: Quantity, b: Quantity): bigint => (a.nano < b.nano ? -1n : a.nano > b.nano ? 1n : 0n);

/** `quantity("1Gi")` and what can be asked of one. */
export function declareQuantities(declare: Declare, environment: Environment): void {
  environment.registerType(TYPE, Quantity);
  environment.registerOperator(`${TYPE} == ${TYPE}`, (a: Quantity, b: Quantity) => a.equals(b));
  declare(`quantity(string): ${TYPE}`, (text: string) => Quantity.parse(text));
  declare('isQuantity(string): bool', (text: string) => parseAmount(text) !== undefined);
  declare(`${TYPE}.sign(): int`, ({ nano }: Quantity) => (nano < 0n ? -1n : nano > 0n ? 1n : 0n));
  declare(`${TYPE}.isInteger(): bool`, (quantity: Quantity) => quantity.isInteger);
  declare(`${TYPE}.asInteger(): int`, (quantity: Quantity) => {
    if (!quantity.isInteger) throw new CelFailure('cannot convert value to integer');
    return quantity.nano / NANO;
  });
  declare(`${TYPE}.asApproximateFloat(): double`, ({ nano }: Quantity) => Number(nano) / 1e9);
  declare(`${TYPE}.add(${TYPE}): ${TYPE}`, (a: Quantity, b: Quantity) => new Quantity(a.nano + b.nano));
  declare(`${TYPE}.add(int): ${TYPE}`, (a: Quantity, b: bigint) => new Quantity(a.nano + b * NANO));
  declare(`${TYPE}.sub(${TYPE}): ${TYPE}`, (a: Quantity, b: Quantity) => new Quantity(a.nano - b.nano));
  declare(`${TYPE}.sub(int): ${TYPE}`, (a: Quantity, b: bigint) => new Quantity(a.nano - b * NANO));
  declare(`${TYPE}.isLessThan(${TYPE}): bool`, (a: Quantity, b: Quantity) => compare(a, b) < 0n);
  declare(`${TYPE}.isGreaterThan(${TYPE}): bool`, (a: Quantity, b: Quantity) => compare(a, b) > 0n);
  declare(`${TYPE}.compareTo(${TYPE}): int`, compare);
}
