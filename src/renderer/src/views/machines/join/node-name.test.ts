import { expect, test } from 'vitest';
import { nameProblem, suggestName } from './node-name.ts';

test.each([
  ['web-1.example.com', [], 'web-1'],
  ['10.0.0.5', [], 'node-10-0-0-5'],
  ['fe80::1', [], 'node-fe80-1'],
  ['My_Box', [], 'my-box'],
  ['web', ['web'], 'web-2'],
  ['web', ['web', 'web-2'], 'web-3'],
  ['___', [], 'node'],
])('%s among %j becomes %s', (host, taken, name) => expect(suggestName(host, new Set(taken))).toBe(name));

test.each([
  ['web-1', undefined],
  ['web.rack1', undefined],
  ['', 'A Node needs a name.'],
  ['Web', "Lower case letters, digits, '-' and '.', beginning and ending with a letter or a digit."],
  ['-web', "Lower case letters, digits, '-' and '.', beginning and ending with a letter or a digit."],
  ['x'.repeat(64), 'At most 63 characters.'],
  ['known', 'There is a Machine or Node known already.'],
])('%j: %s', (name, problem) => expect(nameProblem(name, new Set(['known']))).toBe(problem));
