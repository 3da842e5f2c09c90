import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ConnectionDeadline } from './connection-deadline.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function deadline(): { deadline: ConnectionDeadline; ended: () => number } {
  let count = 0;
  return { deadline: new ConnectionDeadline(() => (count += 1), 10, 90), ended: () => count };
}

test('ends a connection on which no request comes', () => {
  const { ended } = deadline();
  vi.advanceTimersByTime(9);
  expect(ended()).toBe(0);
  vi.advanceTimersByTime(1);
  expect(ended()).toBe(1);
});

test('lets requests last, and counts from the end of the last of them', () => {
  const { deadline: one, ended } = deadline();
  one.requestBegun();
  one.requestBegun();
  vi.advanceTimersByTime(1000);
  one.requestEnded();
  vi.advanceTimersByTime(1000);
  one.requestEnded();
  vi.advanceTimersByTime(89);
  one.requestBegun();
  one.requestEnded();
  vi.advanceTimersByTime(89);
  expect(ended()).toBe(0);
  vi.advanceTimersByTime(1);
  expect(ended()).toBe(1);
});

test('does nothing to one that is over, also when its last request ends after it', () => {
  const { deadline: one, ended } = deadline();
  one.requestBegun();
  one.stop();
  one.requestEnded();
  vi.advanceTimersByTime(1000);
  expect(ended()).toBe(0);
});
