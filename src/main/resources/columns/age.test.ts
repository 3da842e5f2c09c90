import { expect, test } from 'vitest';
import { humanDuration, printAge } from './age.ts';

const S = 1000;
const M = 60 * S;
const H = 60 * M;
const D = 24 * H;
const Y = 365 * D;

test.each([
  // The table of apimachinery's duration_test.go.
  [S, '1s'],
  [70 * S, '70s'],
  [119 * S, '119s'],
  [190 * S, '3m10s'],
  [2 * M, '2m'],
  [10 * M, '10m'],
  [70 * M, '70m'],
  [47 * M, '47m'],
  [3 * H, '3h'],
  [3 * H + 7 * M, '3h7m'],
  [8 * H, '8h'],
  [8 * H + 8 * M, '8h'],
  [47 * H, '47h'],
  [49 * H, '2d1h'],
  [2 * D, '2d'],
  [2 * D + 5 * H, '2d5h'],
  [8 * D, '8d'],
  [367 * D, '367d'],
  [2 * Y, '2y'],
  [2 * Y + 10 * D, '2y10d'],
  [8 * Y + 10 * D, '8y'],
  [0, '0s'],
  [-1 * S, '0s'],
  [-2 * S, '<invalid>'],
  [999, '0s'],
])('%d ms is %s', (milliseconds, text) => {
  expect(humanDuration(milliseconds)).toBe(text);
});

test('an object without a timestamp has an unknown age', () => {
  expect(printAge(undefined, 0)).toBe('<unknown>');
  expect(printAge('2026-01-01T00:00:00Z', Date.parse('2026-01-01T00:05:00Z'))).toBe('5m');
});
