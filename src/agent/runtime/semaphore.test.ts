import { expect, test } from 'vitest';
import { Semaphore } from './semaphore.ts';

test('never lets more in than the limit, and goes on after a failure', async () => {
  const semaphore = new Semaphore(2);
  let inside = 0;
  let most = 0;
  const outcomes = await Promise.allSettled(
    Array.from({ length: 7 }, (_, index) =>
      semaphore.run(async () => {
        inside += 1;
        most = Math.max(most, inside);
        await new Promise((resolve) => setImmediate(resolve));
        inside -= 1;
        if (index === 1) throw new Error('one fails');
        return index;
      }),
    ),
  );
  expect(most).toBe(2);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', ...Array(5).fill('fulfilled')]);
});

test('who is urgent goes before those who came earlier', async () => {
  const semaphore = new Semaphore(1);
  const order: string[] = [];
  const enter = (name: string, urgent: boolean): Promise<void> =>
    semaphore.run(async () => void order.push(name), { urgent });
  await Promise.all([enter('first', false), enter('second', false), enter('urgent', true)]);
  expect(order).toEqual(['first', 'urgent', 'second']);
});
