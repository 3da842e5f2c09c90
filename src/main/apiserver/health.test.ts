import { expect, test } from 'vitest';
import { healthAnswer, type HealthCheck } from './health.ts';

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const well: HealthCheck = { name: 'ping', check: () => Promise.resolve() };
const ill: HealthCheck = { name: 'etcd', check: () => Promise.reject(new Error('password of etcd: hunter2')) };
const ask = (target: string): ReturnType<typeof healthAnswer> => {
  const url = new URL(target, 'http://x');
  return healthAnswer(url.pathname, url.searchParams, [well, ill], quiet);
};

test('a failed check is 500 and named; why is not told to everybody', async () => {
  expect(await ask('/readyz')).toMatchObject({
    code: 500,
    text: '[+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed\n',
  });
});

test('one that is left out does not fail the others', async () => {
  expect(await ask('/readyz?exclude=etcd')).toMatchObject({ code: 200, text: 'ok' });
});

test('asked for alone, it says why', async () => {
  expect(await ask('/livez/etcd')).toMatchObject({
    code: 500,
    text: 'internal server error: password of etcd: hunter2\n',
  });
  expect(await ask('/livez/nothing')).toBeUndefined();
});
