import { describe, expect, test } from 'vitest';
import { mergeSeries, METRICS_WINDOW_MS } from './merge-series.ts';

const point = (at: number): { at: number; cpu: number; memory: number } => ({ at, cpu: at, memory: at });

describe('merging series', () => {
  test('appends what is new and ignores what is known', () => {
    const merged = mergeSeries(
      [{ name: 'app', points: [point(1), point(2)] }],
      [{ name: 'app', cpuLimit: 2, points: [point(2), point(3)] }],
    );
    expect(merged).toEqual([{ name: 'app', cpuLimit: 2, points: [point(1), point(2), point(3)] }]);
  });

  test('keeps a series without news and adds one that is new', () => {
    const merged = mergeSeries([{ name: 'a', points: [point(1)] }], [{ name: 'b', points: [point(2)] }]);
    expect(merged.map((series) => series.name)).toEqual(['a', 'b']);
  });

  test('forgets points older than the window', () => {
    const merged = mergeSeries(
      [{ name: 'a', points: [point(0), point(5000)] }],
      [{ name: 'a', points: [point(METRICS_WINDOW_MS + 1000)] }],
    );
    expect(merged[0]?.points.map(({ at }) => at)).toEqual([5000, METRICS_WINDOW_MS + 1000]);
  });
});
