/**
 * Quantities that are added up and printed again, exactly (`resource.Quantity` of apimachinery): whole nano-units and
 * the notation they were written in. For comparing a single quantity with a number `quantity.ts` is enough.
 */
export interface Amount {
  readonly nano: bigint;
  readonly format: 'decimal' | 'exponent' | 'binary';
}

const PATTERN = /^([+-]?)(\d*)(?:\.(\d*))?(?:([eE])([+-]?\d{1,3})|([numkMGTPE]|[KMGTPE]i)?)$/;
const DECIMAL_SUFFIX: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const SUFFIX_OF_EXPONENT = new Map(Object.entries(DECIMAL_SUFFIX).map(([suffix, exponent]) => [exponent, suffix]));
const BINARY_SUFFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const NANO_PER_UNIT = 10n ** 9n;
/** More digits than any amount has; exact arithmetic on millions of them would hold the server up. */
const MAX_LENGTH = 100;

export const ZERO: Amount = { nano: 0n, format: 'decimal' };

/** So many whole units. */
export const wholeAmount = (units: number): Amount => ({ nano: BigInt(units) * NANO_PER_UNIT, format: 'decimal' });

/** The amount a text stands for, or undefined when it is no quantity. */
export function parseAmount(text: string): Amount | undefined {
  const match = text.length > MAX_LENGTH ? null : PATTERN.exec(text);
  if (!match) return undefined;
  const [, sign = '', whole = '', fraction = '', exponentMark, exponentText, suffix = ''] = match;
  if (whole === '' && fraction === '') return undefined;
  const digits = BigInt(whole + fraction);
  const signed = sign === '-' ? -digits : digits;
  if (suffix.endsWith('i')) {
    const factor = 1024n ** BigInt(BINARY_SUFFIXES.indexOf(suffix));
    return { nano: awayFromZero(signed * factor * NANO_PER_UNIT, 10n ** BigInt(fraction.length)), format: 'binary' };
  }
  const exponent = exponentMark ? Number(exponentText) : (DECIMAL_SUFFIX[suffix] ?? 0);
  const scale = exponent - fraction.length + 9;
  const nano = scale >= 0 ? signed * 10n ** BigInt(scale) : awayFromZero(signed, 10n ** BigInt(-scale));
  return { nano, format: exponentMark ? 'exponent' : 'decimal' };
}

/**
 * The one form upstream writes (`Quantity.CanonicalizeBytes`): no fraction, the largest suffix that loses nothing, so
 * that `0.5` and `500m`, `1024Mi` and `1Gi` are written alike.
 */
export function formatAmount({ nano, format }: Amount): string {
  if (nano === 0n) return '0';
  const sign = nano < 0n ? '-' : '';
  const magnitude = nano < 0n ? -nano : nano;
  // A fraction of a byte cannot be shown in binary units without loss, so upstream falls back to decimal ones.
  const binary = format === 'binary' && magnitude % NANO_PER_UNIT === 0n;
  return sign + (binary ? formatBinary(magnitude / NANO_PER_UNIT) : formatDecimal(magnitude, format === 'exponent'));
}

/** The sum, written as the first is unless that is nothing (Quantity.Add). */
export const addAmounts = (left: Amount, right: Amount): Amount => ({
  nano: left.nano + right.nano,
  format: left.nano === 0n ? right.format : left.format,
});

/** The larger one; the first when both are the same. */
export const largerAmount = (left: Amount, right: Amount): Amount => (right.nano > left.nano ? right : left);

/** Fractions of a unit count as one. */
export const roundedUp = ({ nano, format }: Amount): Amount => ({
  nano: awayFromZero(nano, NANO_PER_UNIT) * NANO_PER_UNIT,
  format,
});

/** Division rounded away from zero: upstream never makes a request smaller than was asked for. */
function awayFromZero(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  if (quotient * divisor === value) return quotient;
  return value < 0n ? quotient - 1n : quotient + 1n;
}

function formatDecimal(nano: bigint, asExponent: boolean): string {
  let number = nano;
  let exponent = -9;
  while (exponent < 18 && number % 1000n === 0n) {
    number /= 1000n;
    exponent += 3;
  }
  if (exponent === 0) return String(number);
  return asExponent ? `${number}e${exponent}` : `${number}${SUFFIX_OF_EXPONENT.get(exponent) ?? ''}`;
}

function formatBinary(units: bigint): string {
  let number = units;
  let power = 0;
  while (power < BINARY_SUFFIXES.length - 1 && number % 1024n === 0n) {
    number /= 1024n;
    power += 1;
  }
  return `${number}${BINARY_SUFFIXES[power] ?? ''}`;
}
