import { describe, expect, test } from 'vitest';
import { bytesText, coresText, countText, percentText } from './quantity-text.ts';
import { ageOfDataText, countdownText, durationText, exactTime } from './time-text.ts';

test.each([
  [0, '0'],
  [0.0004, '< 0.001'],
  [0.003, '0.003'],
  [0.25, '0.25'],
  [1.5, '1.5'],
  [12.25, '12.3'],
  [128, '128'],
])('%d cores read as %s', (cores, text) => expect(coresText(cores)).toBe(text));

test.each([
  [0, '0'],
  [512, '512 B'],
  [64 * 2 ** 20, '64 Mi'],
  [1.5 * 2 ** 30, '1.5 Gi'],
  [1023 * 2 ** 20, '1023 Mi'],
  [2 ** 50 * 2000, '2000 Pi'],
])('%d bytes read as %s', (bytes, text) => expect(bytesText(bytes)).toBe(text));

test('shares and counts', () => {
  expect([percentText(1, 4), percentText(1, 0), countText(1, 'pod'), countText(1200, 'pod')]).toEqual([
    '25 %',
    '—',
    '1 pod',
    '1,200 pods',
  ]);
});

describe('time', () => {
  test.each([
    [-5, '0 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [7_200_000, '2 h'],
    [200_000_000, '2 d'],
  ])('%d ms last %s', (ms, text) => expect(durationText(ms)).toBe(text));

  test('the age of data has tenths while it is small', () => {
    expect([ageOfDataText(230), ageOfDataText(9990), ageOfDataText(125_000)]).toEqual(['0.2 s', '10.0 s', '2 min']);
  });

  test('counts down', () => {
    expect([countdownText(72_000), countdownText(4200), countdownText(3_723_000)]).toEqual(['1:12', '0:05', '1:02:03']);
  });

  test('text that is no time has no exact time', () => {
    expect(exactTime('never')).toBe('');
    expect(exactTime('2026-01-02T03:04:05Z')).toContain('2026');
  });
});
