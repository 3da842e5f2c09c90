import { describe, expect, test } from 'vitest';
import {
  cidr,
  configMapKey,
  dns1123Label,
  dns1123Subdomain,
  envVarName,
  ipAddress,
  labelValue,
  portName,
  qualifiedName,
} from './names.ts';

const long = 'a'.repeat(254);

describe.each([
  [
    'dns1123Label',
    dns1123Label,
    ['a', 'a-1', '123-abc', 'a'.repeat(63)],
    ['', 'A', '-a', 'a-', 'a_b', 'a.b', 'a'.repeat(64)],
  ],
  ['dns1123Subdomain', dns1123Subdomain, ['a', 'a.b', 'a-b.c-1'], ['', 'a..b', '.a', 'A.b', 'a_b', long]],
  [
    'qualifiedName',
    qualifiedName,
    ['a', 'A.b_c', 'example.com/a', 'a/A'],
    ['', 'a/', '/a', 'a/b/c', 'a b', '-a', 'Ex.com/a', 'a'.repeat(64)],
  ],
  ['labelValue', labelValue, ['', 'a', 'A.b-c_1'], ['-', 'a b', 'é', 'a'.repeat(64)]],
  ['configMapKey', configMapKey, ['a', '.a', 'A_B-c.d', '__proto__'], ['', '.', '..', '..a', 'a/b', 'a b', long]],
  ['envVarName', envVarName, ['A', 'a.b', '1A', 'A B'], ['', 'A=B', 'é', 'a\n']],
  ['portName', portName, ['http', 'a-1'], ['', '80', 'HTTP', 'a--b', '-a', 'a'.repeat(16)]],
  ['ipAddress', ipAddress, ['10.0.0.1', '::1', '2001:db8::ffff'], ['10.0.0', '256.1.1.1', 'host']],
  ['cidr', cidr, ['10.0.0.0/24', '2001:db8::/64'], ['10.0.0.0', '10.0.0.0/33', 'x/8']],
])('%s', (_name, rule, good, bad) => {
  test.each(good)('accepts %j', (value) => expect(rule(value)).toEqual([]));
  test.each(bad)('complains about %j', (value) => expect(rule(value)).not.toEqual([]));
});

test('complaints are in the words of upstream', () => {
  expect(dns1123Label('A')).toEqual([
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
  ]);
  expect(dns1123Label('a.b')).toEqual(['must not contain dots']);
  expect(dns1123Subdomain('Web')).toEqual([
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  ]);
  expect(qualifiedName('a b')).toEqual([
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
  ]);
  expect(envVarName('A=B')).toEqual([
    "a valid environment variable name must consist only of printable ASCII characters other than '=' (regex used for validation is '[ -<>-~]+')",
  ]);
});
