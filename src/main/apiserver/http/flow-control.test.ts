import { expect, test } from 'vitest';
import { FlowControl, isLimited, isMutating } from './flow-control.ts';

const NEVER = new AbortController().signal;
const limits = { readOnly: 2, mutating: 1, queueLength: 3, waitMs: 60_000 };

function control(overrides: Partial<typeof limits> = {}) {
  const rejected: string[] = [];
  const flow = new FlowControl({ ...limits, ...overrides }, (_level, reason) => rejected.push(reason));
  return { flow, rejected };
}

test('reads and writes have limits of their own', async () => {
  const { flow } = control();
  await flow.enter('ann', false, NEVER);
  await flow.enter('ann', false, NEVER);
  const leave = await flow.enter('ann', true, NEVER);
  expect(flow.inFlight()).toEqual({ readOnly: 2, mutating: 1 });
  leave();
  expect(flow.inFlight()).toEqual({ readOnly: 2, mutating: 0 });
});

test('users who wait are let in in turn, however many requests one of them has', async () => {
  const { flow } = control();
  const order: string[] = [];
  const first = await flow.enter('greedy', true, NEVER);
  const wait = (user: string): Promise<void> =>
    flow.enter(user, true, NEVER).then((leave) => {
      order.push(user);
      leave();
    });
  const waiting = [wait('greedy'), wait('greedy'), wait('greedy'), wait('ann'), wait('bob'), wait('ann')];
  first();
  await Promise.all(waiting);
  expect(order).toEqual(['greedy', 'ann', 'bob', 'greedy', 'ann', 'greedy']);
  expect(flow.inFlight().mutating).toBe(0);
});

test('one user’s full queue is 429 with a time to come back, and does not keep others from theirs', async () => {
  const { flow, rejected } = control();
  const leave = await flow.enter('greedy', true, NEVER);
  const waiting = [1, 2, 3].map(() => flow.enter('greedy', true, NEVER));
  await expect(flow.enter('greedy', true, NEVER)).rejects.toMatchObject({
    status: { code: 429, reason: 'TooManyRequests', details: { retryAfterSeconds: 1 } },
  });
  const other = flow.enter('ann', true, NEVER);
  leave();
  for (const entered of [...waiting.slice(0, 1), other, ...waiting.slice(1)]) (await entered)();
  expect(rejected).toEqual(['queue-full']);
  expect(flow.inFlight().mutating).toBe(0);
});

test('who waits too long, or goes away, leaves the queue', async () => {
  const { flow, rejected } = control({ waitMs: 1 });
  const leave = await flow.enter('ann', true, NEVER);
  await expect(flow.enter('bob', true, NEVER)).rejects.toMatchObject({ status: { code: 429 } });
  const gone = new AbortController();
  const waiting = flow.enter('bob', true, gone.signal);
  gone.abort();
  await expect(waiting).rejects.toMatchObject({ status: { code: 429 } });
  leave();
  expect([rejected, flow.inFlight().mutating]).toEqual([['time-out', 'cancelled'], 0]);
});

test('streams and probes take no seat', () => {
  const info = { verb: 'get', subresource: '', path: '/api/v1/pods' };
  expect(isLimited(info)).toBe(true);
  expect(isLimited({ ...info, verb: 'watch' })).toBe(false);
  expect(isLimited({ ...info, subresource: 'log' })).toBe(false);
  expect(isLimited({ ...info, path: '/readyz/etcd' })).toBe(false);
  expect(isLimited({ ...info, path: '/healthzz' })).toBe(true);
  expect([isMutating({ verb: 'deletecollection' }), isMutating({ verb: 'list' })]).toEqual([true, false]);
});
