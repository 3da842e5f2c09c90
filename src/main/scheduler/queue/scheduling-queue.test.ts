import { describe, expect, test } from 'vitest';
import { aPod, info } from '../testing/builders.ts';
import { Heap } from './heap.ts';
import { SchedulingQueue } from './scheduling-queue.ts';

class Clock {
  ms = 1_000_000;
  now(): number {
    return this.ms;
  }
}

function aQueue(...names: string[]): { queue: SchedulingQueue; clock: Clock; next: () => string | undefined } {
  const clock = new Clock();
  const queue = new SchedulingQueue(clock);
  for (const name of names) {
    queue.put(info(aPod(name)));
    clock.ms += 1;
  }
  return { queue, clock, next: () => queue.pop()?.info.pod.metadata?.name };
}

/** Takes the next pod and lets its try fail for want of room. */
function failNext({ queue }: { queue: SchedulingQueue }): void {
  const pod = queue.pop();
  if (!pod) throw new Error('nothing to try');
  queue.fail(pod, new Set(['NodeResourcesFit']));
}

describe('SchedulingQueue', () => {
  test('higher priority first, then first come', () => {
    const { queue, next } = aQueue('a', 'b');
    queue.put(info(aPod('urgent', {}, { priority: 10 })));
    expect([next(), next(), next(), next()]).toEqual(['urgent', 'a', 'b', undefined]);
  });

  test('what failed waits until it is woken', () => {
    const at = aQueue('a');
    failNext(at);
    at.clock.ms += 60_000;
    at.queue.flushBackoff();
    at.queue.flushUnschedulable();
    expect(at.next()).toBeUndefined();
    at.queue.wake(() => true);
    expect(at.next()).toBe('a');
  });

  test('woken early, it waits for its back-off: 1 s doubling to 10 s', () => {
    const at = aQueue('a');
    const waits: number[] = [];
    for (let round = 0; round < 6; round += 1) {
      failNext(at);
      const from = at.clock.ms;
      at.queue.wake(() => true);
      while (at.queue.active === 0) {
        at.clock.ms += 500;
        at.queue.flushBackoff();
      }
      waits.push(at.clock.ms - from);
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000]);
  });

  test('is tried again after five minutes without any event', () => {
    const at = aQueue('a');
    failNext(at);
    at.clock.ms += 5 * 60_000 + 1;
    at.queue.flushUnschedulable();
    expect(at.next()).toBe('a');
  });

  test('wakes only what the event may help', () => {
    const at = aQueue('a', 'b');
    failNext(at);
    failNext(at);
    at.clock.ms += 60_000;
    at.queue.wake((pod) => pod.info.pod.metadata?.name === 'b');
    expect([at.next(), at.next()]).toEqual(['b', undefined]);
  });

  test('a status write on a waiting pod does not wake it, a change of its spec does', () => {
    const at = aQueue('a');
    failNext(at);
    at.clock.ms += 60_000;
    at.queue.put(info({ ...aPod('a'), status: { phase: 'Pending' } }));
    expect(at.next()).toBeUndefined();
    at.queue.put(info(aPod('a', { cpu: '1m' })));
    expect(at.next()).toBe('a');
  });

  test('gates hold a pod until the last is gone', () => {
    const { queue, next } = aQueue();
    queue.put(info(aPod('a', {}, { schedulingGates: [{ name: 'x' }] })));
    expect(next()).toBeUndefined();
    queue.put(info(aPod('a')));
    expect(next()).toBe('a');
  });

  test('a pod deleted while it is tried does not come back', () => {
    const { queue } = aQueue('a');
    const pod = queue.pop();
    queue.delete('uid-a');
    if (pod) queue.fail(pod, new Set());
    expect([queue.size, queue.unschedulable]).toEqual([0, 0]);
  });

  test('a pod that changed while it was tried comes back as it is now', () => {
    const at = aQueue('a');
    const pod = at.queue.pop();
    at.queue.put(info(aPod('a', { cpu: '7' })));
    if (pod) at.queue.retry(pod);
    at.clock.ms += 1000;
    at.queue.flushBackoff();
    expect(at.queue.pop()?.info.requests.milliCpu).toBe(7000);
  });
});

test('a heap gives its items back in order', () => {
  const heap = new Heap<number>((a, b) => a < b);
  const items = Array.from({ length: 200 }, (_, index) => (index * 7919) % 211);
  for (const item of items) heap.push(item);
  expect(Array.from({ length: 200 }, () => heap.pop())).toEqual([...items].sort((a, b) => a - b));
  expect(heap.pop()).toBeUndefined();
});
