import { Duration, UnsignedInt } from '@marcbachmann/cel-js/evaluator';
import { CelFailure } from '../cel-error.ts';
import { charge } from '../meter.ts';

const ESCAPES: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};

/** `strings.quote`: the text as a literal. */
export const quote = (text: string): string => `"${Array.from(text, (char) => ESCAPES[char] ?? char).join('')}"`;

const CLAUSE = /%(?:\.(\d+))?(.?)/gs;
/** Digits after the point when a clause names none. */
const DEFAULT_PRECISION = 6;

/** `'%s is %d'.format([name, age])`: the clauses of cel-go's strings extension. Throws CelFailure. */
export function formatString(template: string, values: readonly unknown[]): string {
  let next = 0;
  const text = template.replace(CLAUSE, (_all, precision: string | undefined, clause: string) => {
    if (clause === '%') return '%';
    if (next >= values.length) throw new CelFailure(`index ${next} out of range`);
    const value = values[next];
    next += 1;
    return formatOne(clause, value, precision === undefined ? DEFAULT_PRECISION : Math.min(Number(precision), 100));
  });
  charge(text.length * 0.1);
  return text;
}

function formatOne(clause: string, value: unknown, precision: number): string {
  switch (clause) {
    case 's':
      return shown(value);
    case 'd':
      return integer(value, 'decimal').toString(10);
    case 'b':
      return typeof value === 'boolean' ? String(Number(value)) : integer(value, 'binary').toString(2);
    case 'o':
      return integer(value, 'octal').toString(8);
    case 'x':
    case 'X': {
      const digits =
        typeof value === 'string' || value instanceof Uint8Array
          ? Buffer.from(value).toString('hex')
          : integer(value, 'hex').toString(16);
      return clause === 'X' ? digits.toUpperCase() : digits;
    }
    case 'f':
      return decimal(value).toFixed(precision);
    case 'e':
      return decimal(value)
        .toExponential(precision)
        .replace(/e([+-])(\d)$/, 'e$10$2');
    default:
      throw new CelFailure(
        `could not parse formatting clause: unrecognized formatting clause ${JSON.stringify(clause)}`,
      );
  }
}

function integer(value: unknown, what: string): bigint {
  if (typeof value === 'bigint') return value;
  if (value instanceof UnsignedInt) return value.value;
  throw new CelFailure(`error during formatting: ${what} clause can only be used on integers`);
}

function decimal(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint' || value instanceof UnsignedInt) return Number(value);
  throw new CelFailure('error during formatting: fixed-point clause can only be used on doubles');
}

/** A value as `%s` writes it. */
function shown(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return `[${value.map(inner).join(', ')}]`;
  if (value instanceof Date) return value.toISOString().replace('.000Z', 'Z');
  if (value instanceof Duration) return String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (value instanceof Map)
    return `{${[...(value as Map<unknown, unknown>).entries()]
      .map(([key, item]) => `${inner(key)}: ${inner(item)}`)
      .sort()
      .join(', ')}}`;
  if (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype)
    return shown(new Map(Object.entries(value)));
  return String(value as string);
}

const inner = (value: unknown): string => (typeof value === 'string' ? quote(value) : shown(value));
