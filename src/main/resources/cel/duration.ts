import { Duration } from '@marcbachmann/cel-js/evaluator';
import { CelFailure } from './cel-error.ts';

const NANOSECONDS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
const WHOLE = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|ms|s|m|h)(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|ms|s|m|h))*$/;
const PART = /(\d*)(?:\.(\d*))?(ns|us|µs|ms|s|m|h)/g;
const FRACTION_DIGITS = 18;

/** Nanoseconds of a duration in Go's form (`1h30m`, `-1.5s`, `0`); undefined for text that is none. */
export function goDuration(text: string): bigint | undefined {
  if (/^[+-]?0$/.test(text)) return 0n;
  if (!WHOLE.test(text)) return undefined;
  let total = 0n;
  for (const [, whole = '', fraction = '', unit = 's'] of text.matchAll(PART)) {
    const digits = BigInt(fraction.slice(0, FRACTION_DIGITS).padEnd(FRACTION_DIGITS, '0'));
    const nanos = NANOSECONDS[unit] ?? 0n;
    total += BigInt(whole || '0') * nanos + (digits * nanos) / 10n ** BigInt(FRACTION_DIGITS);
  }
  return text.startsWith('-') ? -total : total;
}

/** Throws CelFailure for text that is no duration. */
export function parseDuration(text: string): Duration {
  const nanos = goDuration(text);
  if (nanos === undefined) throw new CelFailure(`Invalid duration ${JSON.stringify(text)}`);
  const second = 1_000_000_000n;
  return new Duration(nanos / second, Number(nanos % second));
}
