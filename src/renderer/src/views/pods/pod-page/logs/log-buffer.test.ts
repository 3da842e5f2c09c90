import { describe, expect, test } from 'vitest';
import { LogBuffer } from './log-buffer.ts';

const linesOf = (buffer: LogBuffer): string[] => Array.from({ length: buffer.length }, (_, index) => buffer.at(index));

describe('the lines of a log', () => {
  test('are put together from pieces cut anywhere', () => {
    const buffer = new LogBuffer();
    for (const piece of ['on', 'e\ntw', 'o\r\n', '\nfo', 'ur']) buffer.append(piece);
    expect(linesOf(buffer)).toEqual(['one', 'two', '', 'four']);
    expect(buffer.text()).toBe('one\ntwo\n\nfour\n');
  });

  test('keep their numbers when the oldest are dropped', () => {
    const buffer = new LogBuffer(10);
    for (let number = 0; number < 11; number++) buffer.append(`line ${number}\n`);
    expect(buffer.first).toBe(2);
    expect(buffer.at(0)).toBe('line 2');
    expect(buffer.end).toBe(11);
  });

  test('are cut when they never end', () => {
    const buffer = new LogBuffer();
    buffer.append('x'.repeat(40_000));
    buffer.append(`${'y'.repeat(20_000)}\nz`);
    expect(linesOf(buffer).map((line) => line.length)).toEqual([16_384, 16_384, 16_384, 10_848, 1]);
    expect(linesOf(buffer).join('')).toBe(`${'x'.repeat(40_000)}${'y'.repeat(20_000)}z`);
  });

  test('100,000 lines are held and readable', () => {
    const buffer = new LogBuffer();
    buffer.append(Array.from({ length: 100_000 }, (_, number) => `line ${number}\n`).join(''));
    expect(buffer.length).toBe(100_000);
    expect(buffer.at(99_999)).toBe('line 99999');
  });
});
