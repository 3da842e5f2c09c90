import { expect, test } from 'vitest';
import { textChange } from './text-change.ts';

test.each([
  ['abc', 'abc'],
  ['resourceVersion: "1"\ndata: x', 'resourceVersion: "12"\ndata: x'],
  ['aaa', 'aa'],
  ['', 'new'],
  ['old', ''],
  ['a-b-a', 'a-a'],
])('%j becomes %j, and only the middle is touched', (before, after) => {
  const { from, to, insert } = textChange(before, after);
  expect(before.slice(0, from) + insert + before.slice(to)).toBe(after);
  expect(to).toBeGreaterThanOrEqual(from);
});

test('nothing is replaced when nothing differs', () => {
  expect(textChange('abc', 'abc')).toEqual({ from: 3, to: 3, insert: '' });
});
