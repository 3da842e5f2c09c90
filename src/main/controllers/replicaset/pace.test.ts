import { expect, test } from 'vitest';
import { Pace } from './pace.ts';

test('small ReplicaSets are looked at at once, large ones at intervals that grow with them', () => {
  const pace = new Pace();
  pace.note('small', 499, 1000);
  pace.note('large', 5000, 1000);
  pace.note('huge', 50_000, 1000);
  expect(['small', 'large', 'huge', 'new'].map((key) => pace.waitMs(key, 1000))).toEqual([0, 100, 200, 0]);
  expect([pace.waitMs('large', 1040), pace.waitMs('large', 1100), pace.waitMs('large', 900)]).toEqual([60, 0, 0]);
  pace.forget('large');
  expect(pace.waitMs('large', 1000)).toBe(0);
});
