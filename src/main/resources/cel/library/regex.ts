import { RE2JS, RE2JSException } from 're2js';
import { CelFailure } from '../cel-error.ts';
import { charge } from '../meter.ts';
import type { Declare } from './declare.ts';

/** Compiled patterns; rules use few, over and over. */
const compiled = new Map<string, RE2JS>();
const MOST_KEPT = 500;

/** A pattern in RE2, which is linear in the text. Throws CelFailure for one that is none. */
export function regexOf(pattern: string): RE2JS {
  const known = compiled.get(pattern);
  if (known) return known;
  let regex: RE2JS;
  try {
    regex = RE2JS.compile(pattern);
  } catch (error) {
    if (error instanceof RE2JSException) throw new CelFailure(error.message, { cause: error });
    throw error;
  }
  if (compiled.size >= MOST_KEPT) compiled.clear();
  compiled.set(pattern, regex);
  return regex;
}

/** Upstream's estimate: a tenth of the text times a quarter of the pattern. */
const chargeMatch = (text: string, pattern: string): void =>
  charge((1 + text.length * 0.1) * Math.max(1, pattern.length * 0.25));

function found(text: string, pattern: string, most: number): string[] {
  chargeMatch(text, pattern);
  const matcher = regexOf(pattern).matcher(text);
  const all: string[] = [];
  while (all.length < most && matcher.find()) all.push(matcher.group() ?? '');
  return all;
}

function matches(text: string, pattern: string): boolean {
  chargeMatch(text, pattern);
  return regexOf(pattern).matcher(text).find();
}

/** `matches` and Kubernetes' `find` and `findAll`. */
export function declareRegex(declare: Declare): void {
  declare('string.matches(string): bool', matches);
  declare('matches(string, string): bool', matches);
  declare('string.find(string): string', (text: string, pattern: string) => found(text, pattern, 1)[0] ?? '');
  declare('string.findAll(string): list<string>', (text: string, pattern: string) => found(text, pattern, Infinity));
  declare('string.findAll(string, int): list<string>', (text: string, pattern: string, limit: bigint) =>
    found(text, pattern, limit < 0n ? Infinity : Number(limit)),
  );
}
