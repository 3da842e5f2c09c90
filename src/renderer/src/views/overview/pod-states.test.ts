import { expect, test } from 'vitest';
import { stateShares } from './pod-states.ts';

test('worst first, and nothing of what there is none', () => {
  expect(stateShares({ healthy: 6, failing: 2, working: 0 }, 8)).toEqual([
    { kind: 'failing', count: 2, share: 0.25 },
    { kind: 'healthy', count: 6, share: 0.75 },
  ]);
});
