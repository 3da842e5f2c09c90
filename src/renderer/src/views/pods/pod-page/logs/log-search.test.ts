import { describe, expect, test } from 'vitest';
import { LogBuffer } from './log-buffer.ts';
import { findIn, LogSearch } from './log-search.ts';

test('a word is found wherever it stands, in any case', () => {
  expect(findIn('Error: an ERROR', 'error')).toEqual([
    { from: 0, to: 5 },
    { from: 10, to: 15 },
  ]);
  expect(findIn('aaaa', 'aa')).toEqual([
    { from: 0, to: 2 },
    { from: 2, to: 4 },
  ]);
  expect(findIn('x', '')).toEqual([]);
});

describe('searching a log', () => {
  function searched(lines: string[], word: string, most?: number): { buffer: LogBuffer; search: LogSearch } {
    const buffer = new LogBuffer(most);
    const search = new LogSearch(buffer);
    buffer.append(lines.map((line) => `${line}\n`).join(''));
    search.word = word;
    search.update();
    return { buffer, search };
  }

  test('sees through colours', () =>
    expect(searched(['\u001b[31mfa\u001b[0miled', 'fine'], 'failed').search.hits).toEqual([0]));

  test('goes on as lines come', () => {
    const { buffer, search } = searched(['bad', 'good'], 'bad');
    buffer.append('good\nbad again\n');
    search.update();
    expect(search.hits).toEqual([0, 3]);
  });

  test('forgets lines that were dropped, and keeps the numbers of the others', () => {
    const { buffer, search } = searched(['bad', 'bad'], 'bad', 10);
    buffer.append('good\n'.repeat(9));
    buffer.append('bad\n');
    search.update();
    expect(buffer.first).toBeGreaterThan(1);
    expect(search.hits).toEqual([11]);
  });

  test('walks round in both directions', () => {
    const { search } = searched(['bad', 'good', 'bad', 'bad'], 'bad');
    expect(search.next(undefined, 1)).toBe(0);
    expect(search.next(0, 1)).toBe(2);
    expect(search.next(3, 1)).toBe(0);
    expect(search.next(0, -1)).toBe(3);
    expect(search.next(2, -1)).toBe(0);
    search.word = 'nowhere';
    search.update();
    expect(search.next(0, 1)).toBeUndefined();
  });
});
