import { expect, test } from 'vitest';
import { reconnectDelayMs } from './reconnect.ts';

test('waits from 1 s to 30 s, half of it by chance', () => {
  expect([0, 1, 2, 3, 4, 5, 50].map((failures) => reconnectDelayMs(failures, 1))).toEqual([
    1000, 2000, 4000, 8000, 16_000, 30_000, 30_000,
  ]);
  expect(reconnectDelayMs(0, 0)).toBe(500);
});
