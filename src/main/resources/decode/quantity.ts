/**
 * Quantities in the one form upstream writes them (`resource.Quantity.CanonicalizeBytes`): no fraction, the largest
 * suffix that loses nothing, so that `0.5` and `500m`, `1024Mi` and `1Gi` are stored alike. Exact: BigInt, in nano-units.
 */
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

type Format = 'decimal' | 'exponent' | 'binary';

/** The canonical text of a quantity, or undefined when it is none. */
export function canonicalQuantity(text: string): string | undefined {
  const parsed = parse(text);
  if (!parsed) return undefined;
  const { nano, format } = parsed;
  if (nano === 0n) return '0';
  const sign = nano < 0n ? '-' : '';
  const magnitude = nano < 0n ? -nano : nano;
  // A fraction of a byte cannot be shown in binary units without loss, so upstream falls back to decimal ones.
  const binary = format === 'binary' && magnitude % NANO_PER_UNIT === 0n;
  return sign + (binary ? formatBinary(magnitude / NANO_PER_UNIT) : formatDecimal(magnitude, format === 'exponent'));
}

/** More digits than any amount has; exact arithmetic on millions of them would hold the server up. */
const MAX_LENGTH = 100;

function parse(text: string): { nano: bigint; format: Format } | undefined {
  const match = text.length > MAX_LENGTH ? null : PATTERN.exec(text);
  if (!match) return undefined;
  const [, sign = '', whole = '', fraction = '', exponentMark, exponentText, suffix = ''] = match;
  if (whole === '' && fraction === '') return undefined;
  const digits = BigInt(whole + fraction);
  const signed = sign === '-' ? -digits : digits;
  if (suffix.endsWith('i')) {
    const factor = 1024n ** BigInt(BINARY_SUFFIXES.indexOf(suffix));
    return { nano: roundUp(signed * factor * NANO_PER_UNIT, 10n ** BigInt(fraction.length)), format: 'binary' };
  }
  const exponent = exponentMark ? Number(exponentText) : (DECIMAL_SUFFIX[suffix] ?? 0);
  const scale = exponent - fraction.length + 9;
  const nano = scale >= 0 ? signed * 10n ** BigInt(scale) : roundUp(signed, 10n ** BigInt(-scale));
  return { nano, format: exponentMark ? 'exponent' : 'decimal' };
}

/** Division rounded away from zero: upstream never makes a request smaller than was asked for. */
function roundUp(value: bigint, divisor: bigint): bigint {
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
