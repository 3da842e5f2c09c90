import { describe, expect, test } from 'vitest';
import { describeOutcome, missingRequirements, REQUIREMENTS } from './system-packages.mjs';

describe('system packages', () => {
  test('what is missing is named with its package, the reason, and what is skipped without it', () => {
    const missing = REQUIREMENTS.filter(({ tool }) => tool === 'dockerd' || tool === 'chromium');
    const lines = describeOutcome({
      installed: [],
      missing,
      skippedGroups: ['testbed', 'browser'],
      reason: 'only root can install packages',
    });
    expect(lines).toEqual([
      'missing: dockerd (package docker.io), chromium (package chromium), because only root can install packages',
      'skipped without them: tests on real machines (the testbed); end-to-end tests in Chromium',
    ]);
  });

  test('a misspelt group is an error, not an empty answer', () => {
    expect(() => missingRequirements(['testbad'])).toThrow('No tool or group is called testbad');
  });
});
