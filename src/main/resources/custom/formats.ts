import ipaddr from 'ipaddr.js';
import { goDuration } from '../cel/duration.ts';
import { canonicalTime } from '../decode/time.ts';

const HOSTNAME =
  /^([a-zA-Z0-9_](?:[a-zA-Z0-9_-]{0,61}[a-zA-Z0-9])?)(\.[a-zA-Z0-9_](?:[a-zA-Z0-9_-]{0,61}[a-zA-Z0-9])?)*\.?$/;
const EMAIL = /^[^\s@<>()[\]\\,;:"]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$/;
const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;
const uuidOf = (version: string): RegExp =>
  new RegExp(
    `^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}[0-9a-f]{3}-?[${version === '3' ? '0-9a-f' : '89ab'}][0-9a-f]{3}-?[0-9a-f]{12}$`,
    'i',
  );
const CHECKED_PATTERNS: Readonly<Record<string, RegExp>> = {
  bsonobjectid: /^[0-9a-f]{24}$/i,
  hostname: HOSTNAME,
  email: EMAIL,
  mac: /^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$|^([0-9a-f]{4}\.){2}[0-9a-f]{4}$/i,
  uuid: UUID,
  uuid3: uuidOf('3'),
  uuid4: uuidOf('4'),
  uuid5: uuidOf('5'),
  ssn: /^\d{3}[- ]?\d{2}[- ]?\d{4}$/,
  hexcolor: /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i,
  rgbcolor: /^rgb\(\s*(\d{1,3}\s*,\s*){2}\d{1,3}\s*\)$/i,
  byte: /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
};

function isDate(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && canonicalTime(`${text}T00:00:00Z`, 'second') !== undefined;
}

/** `1h30m`, and as go-openapi reads them too: `3 days`, `2w`. */
const isDuration = (text: string): boolean =>
  goDuration(text) !== undefined ||
  /^\d+\s*(nanoseconds?|nanos?|ns|microseconds?|micros?|us|µs|milliseconds?|millis?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|wks?|w)$/i.test(
    text,
  );

function isUri(text: string): boolean {
  return text.startsWith('/') ? !/\s/.test(text) : URL.canParse(text);
}

const luhn = (digits: string): boolean =>
  [...digits].reverse().reduce((sum, digit, index) => {
    const value = Number(digit) * (index % 2 === 1 ? 2 : 1);
    return sum + (value > 9 ? value - 9 : value);
  }, 0) %
    10 ===
  0;

function isIsbn(text: string, length: 10 | 13): boolean {
  const digits = text.replace(/[\s-]/g, '');
  if (length === 13)
    return (
      /^97[89]\d{10}$/.test(digits) &&
      [...digits].reduce((sum, d, i) => sum + Number(d) * (i % 2 ? 3 : 1), 0) % 10 === 0
    );
  return (
    /^\d{9}[\dX]$/.test(digits) &&
    [...digits].reduce((sum, d, i) => sum + (d === 'X' ? 10 : Number(d)) * (10 - i), 0) % 11 === 0
  );
}

const CHECKED: Readonly<Record<string, (text: string) => boolean>> = {
  ...Object.fromEntries(
    Object.entries(CHECKED_PATTERNS).map(([name, pattern]) => [name, (text: string) => pattern.test(text)]),
  ),
  uri: isUri,
  ipv4: (text) => ipaddr.IPv4.isValidFourPartDecimal(text),
  ipv6: (text) => text.includes(':') && ipaddr.IPv6.isValid(text),
  cidr: (text) => text.includes('/') && ipaddr.isValidCIDR(text),
  date: isDate,
  datetime: (text) => canonicalTime(text.toUpperCase(), 'second') !== undefined,
  duration: isDuration,
  isbn: (text) => isIsbn(text, 10) || isIsbn(text, 13),
  isbn10: (text) => isIsbn(text, 10),
  isbn13: (text) => isIsbn(text, 13),
  creditcard: (text) => /^\d{12,19}$/.test(text.replace(/[\s-]/g, '')) && luhn(text.replace(/[\s-]/g, '')),
  password: () => true,
};

/** Formats are compared without dashes, so that `date-time` and `datetime` are one (kube-openapi `strfmt`). */
const normalized = (format: string): string => format.replaceAll('-', '');

/** Whether a text has the format; a format nobody knows is no restriction (apiextensions supportedFormats). */
export function hasFormat(format: string, text: string): boolean {
  const name = normalized(format);
  return !Object.hasOwn(CHECKED, name) || (CHECKED[name]?.(text) ?? true);
}

/** The same as complaints, for CEL's `format` library. */
export const formatComplaints = (format: string, text: string): string[] =>
  hasFormat(format, text) ? [] : [`invalid ${format}`];
