import { expect, test } from 'vitest';
import { CompactedError } from '../storage.ts';
import { CommittedEvent } from './committed-event.ts';
import { Slot } from './slot.ts';
import { Watcher } from './watcher.ts';

const event = (revision: number): CommittedEvent =>
  new CommittedEvent(
    'create',
    Slot.lazy('/core/pods/default/a', revision, revision, 2, () => ({})),
    undefined,
    0,
  );

test('a watcher holds no more than its backlog, and says so to its reader', async () => {
  let ended = 0;
  const watcher = new Watcher('/core/pods/', 3, [], 0, () => ended++);
  for (const revision of [1, 2, 3]) watcher.push(event(revision), 0);
  expect(ended).toBe(0);
  watcher.push(event(4), 0);
  expect(ended).toBe(1);
  await expect(watcher[Symbol.asyncIterator]().next()).rejects.toBeInstanceOf(CompactedError);
});

test('a watcher holds no event that the window has let go', async () => {
  const watcher = new Watcher('/core/pods/', 100, [], 0, () => undefined);
  watcher.push(event(1), 0);
  watcher.push(event(9), 1);
  await expect(watcher[Symbol.asyncIterator]().next()).rejects.toBeInstanceOf(CompactedError);
});

test('what came while nobody read arrives as one batch', async () => {
  const watcher = new Watcher('/core/pods/', 100, [event(1)], 0, () => undefined);
  watcher.push(event(2), 0);
  const { value } = await watcher[Symbol.asyncIterator]().next();
  expect((value as CommittedEvent[]).map(({ revision }) => revision)).toEqual([1, 2]);
});
