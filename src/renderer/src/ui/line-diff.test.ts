import { describe, expect, test } from 'vitest';
import { diffLines, withContext } from './line-diff.ts';

const signs = { same: ' ', removed: '-', added: '+' };
const written = (before: string, after: string): string[] =>
  diffLines(before, after).map((line) => `${signs[line.kind]}${line.text}`);

describe('a comparison by lines', () => {
  test('shows a changed line as removed and added', () => {
    expect(written('image: nginx:1.22\nname: web', 'image: nginx:1.23\nname: web')).toEqual([
      '-image: nginx:1.22',
      '+image: nginx:1.23',
      ' name: web',
    ]);
  });

  test('keeps what is common when lines come and go', () => {
    expect(written('a\nb\nc', 'b\nc\nd')).toEqual(['-a', ' b', ' c', '+d']);
  });

  test('of equal texts nothing is near a change', () => {
    expect(withContext(diffLines('a\nb\nc', 'a\nb\nc'))).toEqual([{ kind: 'same', text: '⋯' }]);
  });

  test('leaves out what is far from a change, marking the gap', () => {
    const before = ['1', '2', '3', '4', '5', '6', '7', '8', '9'].join('\n');
    expect(withContext(diffLines(before, before.replace('9', 'nine')), 2).map((line) => line.text)).toEqual([
      '⋯',
      '7',
      '8',
      '9',
      'nine',
    ]);
  });
});
