import { type UnsignedInt, type Duration } from '@marcbachmann/cel-js/evaluator';
import { canonicalTime } from '../../decode/time.ts';
import { CelFailure } from '../cel-error.ts';
import type { Declare } from './declare.ts';

const TIME = 'google.protobuf.Timestamp';
const DURATION = 'google.protobuf.Duration';
const FIRST_SECOND = -62135596800n;
const LAST_SECOND = 253402300799n;

function timestamp(text: string): Date {
  if (canonicalTime(text, 'second') === undefined) throw new CelFailure(`invalid timestamp ${JSON.stringify(text)}`);
  return new Date(text);
}

function fromSeconds(seconds: bigint): Date {
  if (seconds < FIRST_SECOND || seconds > LAST_SECOND) throw new CelFailure('timestamp overflow');
  return new Date(Number(seconds) * 1000);
}

/** Conversions of times, durations and unsigned numbers that the library lacks or reads too kindly. */
export function declareConversions(declare: Declare): void {
  declare(`timestamp(string): ${TIME}`, timestamp);
  declare(`timestamp(int): ${TIME}`, fromSeconds);
  declare(`timestamp(${TIME}): ${TIME}`, (time: Date) => time);
  declare(`duration(${DURATION}): ${DURATION}`, (duration: Duration) => duration);
  declare(`string(${TIME}): string`, (time: Date) => time.toISOString().replace('.000Z', 'Z'));
  declare(`string(${DURATION}): string`, String);
  declare(`int(${TIME}): int`, (time: Date) => BigInt(Math.floor(time.getTime() / 1000)));
  declare('int(uint): int', ({ value }: UnsignedInt) => {
    if (BigInt.asIntN(64, value) !== value) throw new CelFailure('integer overflow');
    return value;
  });
}
