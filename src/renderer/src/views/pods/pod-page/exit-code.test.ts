import { describe, expect, test } from 'vitest';
import { exitMeaning, ranForMs } from './exit-code.ts';

describe('exit codes', () => {
  test.each([
    [{ exitCode: 137, reason: 'OOMKilled' }, 'killed because it used more memory than its limit'],
    [{ exitCode: 137, reason: 'Error' }, 'killed (SIGKILL)'],
    [{ exitCode: 127, reason: 'Error' }, 'the command was not found in the image'],
    [{ exitCode: 0, reason: 'Completed' }, 'the command finished by itself'],
    [{ exitCode: 133 }, 'ended by signal 5'],
    [{ exitCode: 42 }, ''],
  ])('%j means %j', (terminated, meaning) => expect(exitMeaning(terminated)).toBe(meaning));
});

test('a run lasts from its start to its end, and one that never started does not', () => {
  expect(ranForMs({ startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:04Z' })).toBe(4000);
  expect(ranForMs({ startedAt: '1970-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:04Z' })).toBeUndefined();
  expect(ranForMs({ finishedAt: '2026-01-01T00:00:04Z' })).toBeUndefined();
});
