import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { WorkQueue } from './work-queue.ts';

const clock = { now: () => Date.now() };

describe('WorkQueue', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('hands out keys in order, and one that is added twice while it waits once', async () => {
    const queue = new WorkQueue(clock);
    for (const key of ['a', 'b', 'a']) queue.add(key);
    expect([await queue.take(), await queue.take(), queue.length]).toEqual(['a', 'b', 0]);
  });

  test('gives a key that is added while it is processed to nobody until it is done, then again', async () => {
    const queue = new WorkQueue(clock);
    queue.add('a');
    await queue.take();
    queue.add('a');
    const second = queue.take();
    queue.add('b');
    expect(await second).toBe('b');
    queue.done('a');
    expect(await queue.take()).toBe('a');
  });

  test('wakes a taker that came before the key', async () => {
    const queue = new WorkQueue(clock);
    const taken = queue.take();
    queue.add('a');
    expect(await taken).toBe('a');
  });

  test('keeps the earlier of two delays', async () => {
    const queue = new WorkQueue(clock);
    queue.addAfter('a', 1000);
    queue.addAfter('a', 5000);
    await vi.advanceTimersByTimeAsync(1000);
    expect(queue.length).toBe(1);
    await queue.take();
    queue.done('a');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(queue.length).toBe(0);
  });

  test('an earlier delay replaces a later one', async () => {
    const queue = new WorkQueue(clock);
    queue.addAfter('a', 5000);
    queue.addAfter('a', 1000);
    await vi.advanceTimersByTimeAsync(1000);
    expect(queue.length).toBe(1);
  });

  test('doubles the back-off from 5 ms with each failure and starts over when forgotten', async () => {
    const queue = new WorkQueue(clock);
    const delays: number[] = [];
    for (const _ of [1, 2, 3]) {
      const from = Date.now();
      queue.retry('a');
      const taken = queue.take();
      await vi.runAllTimersAsync();
      queue.done((await taken) ?? '');
      delays.push(Date.now() - from);
    }
    expect(delays).toEqual([5, 10, 20]);
    expect(queue.failures('a')).toBe(3);
    queue.forget('a');
    expect(queue.failures('a')).toBe(0);
  });

  test('closing ends takers, drops delayed keys and takes no more', async () => {
    const queue = new WorkQueue(clock);
    const taken = queue.take();
    queue.addAfter('a', 10);
    queue.close();
    queue.add('b');
    expect(await taken).toBeUndefined();
    expect(await queue.take()).toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
  });
});
