import { expect, test } from 'vitest';
import { entriesOf } from './data-entries.ts';

test('a Secret is decoded; what is no text shows its size only', () => {
  expect(
    entriesOf({ kind: 'Secret', data: { password: btoa('geheim'), key: btoa(String.fromCharCode(0xff, 0xfe, 0x00)) } }),
  ).toEqual([
    { key: 'key', text: null, bytes: 3 },
    { key: 'password', text: 'geheim', bytes: 6 },
  ]);
});

test('a ConfigMap is text, its binary data is decoded', () => {
  expect(entriesOf({ kind: 'ConfigMap', data: { a: 'ä' }, binaryData: { b: btoa('x') } })).toEqual([
    { key: 'a', text: 'ä', bytes: 2 },
    { key: 'b', text: 'x', bytes: 1 },
  ]);
});
