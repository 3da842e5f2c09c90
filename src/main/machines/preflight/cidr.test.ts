import { expect, test } from 'vitest';
import { overlaps } from './cidr.ts';

test.each([
  ['10.244.0.0/16', '10.244.7.0/24', true],
  ['10.96.0.0/12', '10.99.0.0/24', true],
  ['10.96.0.0/16', '10.99.0.0/24', false],
  ['0.0.0.0/0', '192.168.1.0/24', true],
  ['192.168.1.0/24', '192.168.2.0/24', false],
  ['10.244.0.0/16', 'fd00::/64', false],
])('%s and %s overlap: %s', (left, right, expected) => {
  expect(overlaps(left, right)).toBe(expected);
  expect(overlaps(right, left)).toBe(expected);
});
