import { expect, test } from 'vitest';
import { usageCharts } from './node-series.ts';

const bounds = { cpu: { requested: 1, allocatable: 4 }, memory: { requested: 0, allocatable: 100 } };

test('usage with its bounds over the window; a bound of nothing is not drawn', () => {
  const { cpu, memory } = usageCharts({ name: 'n', points: [{ at: 5000, cpu: 0.5, memory: 50 }] }, bounds, 1000);
  expect(cpu.map(({ label, points }) => [label, points])).toEqual([
    ['used', [{ x: 5000, y: 0.5 }]],
    [
      'requested',
      [
        { x: 4000, y: 1 },
        { x: 5000, y: 1 },
      ],
    ],
    [
      'allocatable',
      [
        { x: 4000, y: 4 },
        { x: 5000, y: 4 },
      ],
    ],
  ]);
  expect(memory.map(({ label }) => label)).toEqual(['used', 'allocatable']);
});

test('without measurements there is nothing to draw', () => {
  expect(usageCharts(undefined, bounds, 1000).cpu).toEqual([{ label: 'used', style: 'area', points: [] }]);
});
