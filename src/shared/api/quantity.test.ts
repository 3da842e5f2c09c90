import { describe, expect, test } from 'vitest';
import { formatBytes, formatMilli, isQuantity, milliValue, parseQuantity, wholeValue } from './quantity.ts';

describe('parseQuantity', () => {
  test.each([
    ['0', 0],
    ['250m', 0.25],
    ['1.5', 1.5],
    ['.5', 0.5],
    ['64Mi', 67108864],
    ['1k', 1000],
    ['1e3', 1000],
    ['2E', 2e18],
    ['2Ei', 2 ** 61],
    ['-1', -1],
  ])('%s is %d', (text, value) => {
    expect(parseQuantity(text)).toBe(value);
  });

  test.each(['', 'x', '1 Mi', '1mi', '1.2.3', 'Mi'])('%j is none', (text) => {
    expect(isQuantity(text)).toBe(false);
    expect(() => parseQuantity(text)).toThrow('quantities must match');
  });
});

test('milliValue and wholeValue round up, but not because of binary fractions', () => {
  expect([milliValue('0.1'), milliValue('100u'), milliValue('0.3'), milliValue('2')]).toEqual([100, 1, 300, 2000]);
  expect([wholeValue('1.5'), wholeValue('100m'), wholeValue('1Gi')]).toEqual([2, 1, 2 ** 30]);
});

test('formats back', () => {
  expect([formatMilli(250), formatMilli(2000), formatBytes(67108864), formatBytes(1000), formatBytes(0)]).toEqual([
    '250m',
    '2',
    '64Mi',
    '1000',
    '0',
  ]);
});
