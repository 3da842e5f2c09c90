import { CelFailure } from '../cel-error.ts';
import { charge } from '../meter.ts';
import type { Declare } from './declare.ts';
import { formatString, quote } from './format-string.ts';

/** Offsets are of characters, not of UTF-16 units. */
const characters = (text: string): string[] => Array.from(text);

function indexOf(text: string, part: string, from = 0n): bigint {
  const all = characters(text);
  if (from < 0n || from > BigInt(all.length)) throw new CelFailure(`index out of range: ${from}`);
  const at = all.slice(Number(from)).join('').indexOf(part);
  if (at < 0) return -1n;
  return from + BigInt(characters(all.slice(Number(from)).join('').slice(0, at)).length);
}

function lastIndexOf(text: string, part: string, from?: bigint): bigint {
  const all = characters(text);
  if (from !== undefined && (from < 0n || from > BigInt(all.length)))
    throw new CelFailure(`index out of range: ${from}`);
  const until = from === undefined ? text.length : all.slice(0, Number(from)).join('').length;
  const at = text.lastIndexOf(part, until);
  return at < 0 ? -1n : BigInt(characters(text.slice(0, at)).length);
}

function substring(text: string, start: bigint, end?: bigint): string {
  const all = characters(text);
  const last = end ?? BigInt(all.length);
  if (start < 0n || start > BigInt(all.length)) throw new CelFailure(`index out of range: ${start}`);
  if (last < 0n || last > BigInt(all.length)) throw new CelFailure(`index out of range: ${last}`);
  if (start > last) throw new CelFailure(`invalid substring range. start: ${start}, end: ${last}`);
  return all.slice(Number(start), Number(last)).join('');
}

function charAt(text: string, index: bigint): string {
  const all = characters(text);
  if (index < 0n || index > BigInt(all.length)) throw new CelFailure(`index out of range: ${index}`);
  return all[Number(index)] ?? '';
}

function replace(text: string, part: string, by: string, limit = -1n): string {
  const parts = text.split(part);
  const most = limit < 0n ? parts.length - 1 : Math.min(Number(limit), parts.length - 1);
  charge((text.length + most * by.length) * 0.1);
  const head = parts.slice(0, most + 1).join(by);
  return most + 1 < parts.length ? head + part + parts.slice(most + 1).join(part) : head;
}

const ascii = (text: string, pattern: RegExp, change: (letter: string) => string): string =>
  text.replace(pattern, change);

/** cel-go's strings extension, version 2. `join`, `split` and `trim` are the library's own. */
export function declareStrings(declare: Declare, namespace: string): void {
  declare('string.charAt(int): string', charAt);
  declare('string.indexOf(string): int', indexOf);
  declare('string.indexOf(string, int): int', indexOf);
  declare('string.lastIndexOf(string): int', lastIndexOf);
  declare('string.lastIndexOf(string, int): int', lastIndexOf);
  declare('string.substring(int): string', substring);
  declare('string.substring(int, int): string', substring);
  declare('string.replace(string, string): string', replace);
  declare('string.replace(string, string, int): string', replace);
  declare('string.lowerAscii(): string', (text: string) => ascii(text, /[A-Z]+/g, (found) => found.toLowerCase()));
  declare('string.upperAscii(): string', (text: string) => ascii(text, /[a-z]+/g, (found) => found.toUpperCase()));
  declare('string.format(list<dyn>): string', formatString);
  declare(`${namespace}.quote(string): string`, (_strings: unknown, text: string) => quote(text));
}
