import { describe, expect, test } from 'vitest';
import { CONFIG_MAPS } from '../../../shared/api/kinds.ts';
import { nameOf } from '../../../shared/api/meta.ts';
import { aPod, aReplicaSet } from '../testing/builders.ts';
import { TestClock, World } from '../testing/world.ts';
import { Controller, TerminalError } from './controller.ts';
import { EXPECTATIONS_TIMEOUT_MS, Expectations } from './expectations.ts';
import { inParallel, slowStart } from './in-batches.ts';
import { scaledValue } from './int-or-percent.ts';
import { planClaims } from './ownership.ts';

/** A controller over ConfigMaps whose reconcile is the test's. */
async function running(reconcile: (key: string) => Promise<{ afterMs: number } | undefined>): Promise<World> {
  const world = new World();
  await world.run((deps) => {
    const maps = deps.informers.of(CONFIG_MAPS);
    return new Controller(deps, { name: 'test', reconcile }).watch(maps, ({ object }) => [nameOf(object)]);
  });
  return world;
}
const seen = (world: World, keys: string[], count: number): Promise<string[]> =>
  world.until(
    `${String(count)} reconciles`,
    () => Promise.resolve(keys),
    (have) => have.length >= count,
  );

describe('Controller', () => {
  test('reconciles what is there and what changes', async () => {
    const keys: string[] = [];
    const world = await running((key) => Promise.resolve(void keys.push(key) as undefined));
    await world.client.create(CONFIG_MAPS, { metadata: { name: 'a', namespace: 'default' } });
    await seen(world, keys, 1);
    await world.client.patch(CONFIG_MAPS, { name: 'a', namespace: 'default' }, { data: { x: '1' } });
    expect(await seen(world, keys, 2)).toEqual(['a', 'a']);
  });

  test('tries again after an error, and after the time that was asked for', async () => {
    const keys: string[] = [];
    const world = await running((key) => {
      keys.push(key);
      if (keys.length === 1) return Promise.reject(new Error('not yet'));
      return Promise.resolve(keys.length === 2 ? { afterMs: 1 } : undefined);
    });
    await world.client.create(CONFIG_MAPS, { metadata: { name: 'a', namespace: 'default' } });
    expect(await seen(world, keys, 3)).toEqual(['a', 'a', 'a']);
  });

  test('does not retry what cannot be mended', async () => {
    const keys: string[] = [];
    const world = await running((key) => {
      keys.push(key);
      return Promise.reject(key === 'bad' ? new TerminalError('never') : new Error('later'));
    });
    for (const name of ['bad', 'good'])
      await world.client.create(CONFIG_MAPS, { metadata: { name, namespace: 'default' } });
    const tried = await seen(world, keys, 5);
    expect(tried.filter((key) => key === 'bad')).toHaveLength(1);
  });
});

describe('Expectations', () => {
  test('are met when every creation was seen or failed, and every deletion was seen', () => {
    const expectations = new Expectations(new TestClock());
    expect(expectations.satisfied('a')).toBe(true);
    expectations.expectCreations('a', 2);
    expectations.creationObserved('a');
    expect(expectations.satisfied('a')).toBe(false);
    expectations.creationObserved('a');
    expect(expectations.satisfied('a')).toBe(true);
    expectations.expectDeletions('a', ['x', 'y']);
    for (const uid of ['x', 'x', 'z']) expectations.deletionObserved('a', uid);
    expect(expectations.satisfied('a')).toBe(false);
    expectations.deletionObserved('a', 'y');
    expect(expectations.satisfied('a')).toBe(true);
  });

  test('are given up after five minutes: an event must have been lost', () => {
    const clock = new TestClock();
    const expectations = new Expectations(clock);
    expectations.expectCreations('a', 1);
    clock.advance(EXPECTATIONS_TIMEOUT_MS);
    expect(expectations.satisfied('a')).toBe(false);
    clock.advance(1);
    expect(expectations.satisfied('a')).toBe(true);
  });
});

describe('slowStart', () => {
  test('goes in batches of 1, 2, 4 and what is left', async () => {
    const batches: number[] = [];
    let open = 0;
    await slowStart(10, async () => {
      open += 1;
      await Promise.resolve();
      if (open > 0) batches.push(open);
      open = 0;
    });
    expect(batches).toEqual([1, 2, 4, 3]);
  });

  test('stops after the first batch with a failure', async () => {
    let calls = 0;
    const result = await slowStart(100, (index) => {
      calls += 1;
      return index === 4 ? Promise.reject(new Error('quota')) : Promise.resolve();
    });
    expect([calls, result.succeeded, result.errors.length]).toEqual([7, 6, 1]);
  });
});

test('inParallel tries every item, so many at once, and returns the errors', async () => {
  let running = 0;
  let most = 0;
  const errors = await inParallel([1, 2, 3, 4, 5], 2, async (item) => {
    running += 1;
    most = Math.max(most, running);
    await Promise.resolve();
    running -= 1;
    if (item % 2 === 0) throw new Error(String(item));
  });
  expect([most, errors.map(String)]).toEqual([2, ['Error: 2', 'Error: 4']]);
});

test('scaledValue rounds percentages as told and takes numbers as they are', () => {
  expect([scaledValue('25%', 10, 'up'), scaledValue('25%', 10, 'down'), scaledValue(7, 3, 'up')]).toEqual([3, 2, 7]);
  expect(() => scaledValue('a', 1, 'up')).toThrow('not a percentage');
});

describe('planClaims', () => {
  const owner = aReplicaSet('rs', 1);
  const mine = aPod({ name: 'mine', owner });
  const stray = aPod({ name: 'stray', owner, labels: { app: 'other' } });
  const orphan = aPod({ name: 'orphan' });
  const ending = aPod({ name: 'ending', deleted: true });
  const theirs = aPod({ name: 'theirs', owner: aReplicaSet('other', 1) });
  const all = [mine, stray, orphan, ending, theirs];
  const claims = (of = owner): Record<string, (string | undefined)[]> => {
    const { owned, adopt, release } = planClaims(of, of.spec?.selector, all);
    return { owned: owned.map(nameOf), adopt: adopt.map(nameOf), release: release.map(nameOf) };
  };

  test('adopts what it selects and nobody controls, releases what it no longer selects, leaves others alone', () => {
    expect(claims()).toEqual({ owned: ['mine'], adopt: ['orphan'], release: ['stray'] });
  });

  test('an owner that is being deleted neither adopts nor releases', () => {
    const going = { ...owner, metadata: { ...owner.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
    expect(claims(going)).toEqual({ owned: ['mine'], adopt: [], release: [] });
  });
});
