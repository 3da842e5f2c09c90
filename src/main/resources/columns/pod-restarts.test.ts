import { expect, test } from 'vitest';
import { printRestarts } from './pod-restarts.ts';

const summary = { ready: 1, total: 1, status: 'Running', restarts: 3 };

test('restarts are printed with the age of the last one, as kubectl does', () => {
  const now = Date.parse('2026-01-01T00:10:00Z');
  expect(printRestarts({ ...summary, lastRestart: '2026-01-01T00:05:00Z' }, now)).toBe('3 (5m ago)');
  expect(printRestarts({ ...summary, restarts: 0, lastRestart: '2026-01-01T00:05:00Z' }, now)).toBe('0');
  expect(printRestarts(summary, now)).toBe('3');
});
