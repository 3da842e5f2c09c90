import { describe, expect, test } from 'vitest';
import {
  gridStep,
  gridTop,
  levelSeries,
  minuteTicks,
  spanOf,
  summarise,
  valueAt,
  type ChartSeries,
} from './chart-model.ts';

const usage: ChartSeries = {
  label: 'used',
  style: 'area',
  points: [
    { x: 100, y: 1 },
    { x: 200, y: 3 },
    { x: 300, y: 2 },
  ],
};

describe('a chart', () => {
  test.each([
    [50, undefined],
    [100, 1],
    [299, 3],
    [900, 2],
  ])('at %d the newest known value is %s', (at, value) => expect(valueAt(usage, at)).toBe(value));

  test('a level is the same everywhere, and absent without a value', () => {
    const [limit] = levelSeries('limit', 'limit', 5, { from: 0, to: 10 });
    expect(limit && valueAt(limit, -7)).toBe(5);
    expect(levelSeries('limit', 'limit', undefined, { from: 0, to: 10 })).toEqual([]);
    expect(levelSeries('limit', 'limit', 0, { from: 0, to: 10 })).toEqual([]);
  });

  test('covers the window before its newest point', () => {
    expect(spanOf([usage], 250)).toEqual({ from: 50, to: 300 });
  });

  test('can be read as a table', () => {
    expect(summarise([usage, { label: 'none', style: 'line', points: [] }])).toEqual([
      { label: 'used', latest: 2, lowest: 1, highest: 3 },
    ]);
  });
});

describe('grid lines', () => {
  const upTo = (y: number): ChartSeries[] => [{ label: 'a', style: 'line', points: [{ x: 0, y }] }];

  test.each([
    ['decimal', 19.5, 5, 25],
    ['decimal', 0.37, 0.1, 0.4],
    ['decimal', 0, 1, 1],
    ['binary', 38 * 2 ** 30, 16 * 2 ** 30, 48 * 2 ** 30],
    ['binary', 100 * 2 ** 20, 32 * 2 ** 20, 128 * 2 ** 20],
  ] as const)('%s up to %d: every %d, to %d', (unit, highest, step, top) => {
    expect(gridStep(upTo(highest), unit)).toBeCloseTo(step);
    expect(gridTop(upTo(highest), step)).toBeCloseTo(top);
  });
});

test('times stand on round minutes', () => {
  const minute = 60_000;
  expect(minuteTicks(2 * minute, 17 * minute)).toEqual([5 * minute, 10 * minute, 15 * minute]);
  expect(minuteTicks(0, 0)).toEqual([0]);
});
