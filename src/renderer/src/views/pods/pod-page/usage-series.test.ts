import { describe, expect, test } from 'vitest';
import type { ContainerView } from './container-view.ts';
import { restartMarks, usageSeries } from './usage-series.ts';

describe('the chart of a container', () => {
  const points = [
    { at: 1000, cpu: 0.1, memory: 10 },
    { at: 2000, cpu: 0.2, memory: 20 },
  ];

  test('shows use, the request dashed and the limit solid, over the whole window', () =>
    expect(usageSeries({ name: 'app', points, cpuRequest: 0.5, cpuLimit: 1, memoryLimit: 64 }, 'cpu', 5000)).toEqual([
      {
        label: 'used',
        style: 'area',
        points: [
          { x: 1000, y: 0.1 },
          { x: 2000, y: 0.2 },
        ],
      },
      {
        label: 'request',
        style: 'dashed',
        points: [
          { x: -3000, y: 0.5 },
          { x: 2000, y: 0.5 },
        ],
      },
      {
        label: 'limit',
        style: 'limit',
        points: [
          { x: -3000, y: 1 },
          { x: 2000, y: 1 },
        ],
      },
    ]));

  test('has no lines where nothing is set, and none before the first measurement', () => {
    expect(usageSeries({ name: 'app', points }, 'memory', 5000).map((one) => one.label)).toEqual(['used']);
    expect(usageSeries({ name: 'app', points: [], memoryLimit: 64 }, 'memory', 5000)).toHaveLength(1);
  });
});

test('an end is a mark, and running out of memory another', () => {
  const ended = (reason: string, exitCode: number): ContainerView =>
    ({ lastEnd: { reason, exitCode, finishedAt: '2026-01-01T00:00:00Z' } }) as ContainerView;
  const at = Date.parse('2026-01-01T00:00:00Z');
  expect(restartMarks(ended('OOMKilled', 137))).toEqual([{ at, kind: 'oom', label: 'OOMKilled' }]);
  expect(restartMarks(ended('Error', 3))).toEqual([{ at, kind: 'restart', label: 'exit code 3' }]);
  expect(restartMarks(undefined)).toEqual([]);
});
