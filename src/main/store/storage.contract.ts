import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  CompactedError,
  FutureRevisionError,
  KeyExistsError,
  RevisionMismatchError,
  type Storage,
  type StorageEvent,
  type StorageWatch,
  type StoredValue,
} from './storage.ts';

export interface StorageFixture {
  storage: Storage;
  /** Ends the store and opens it again on the same data. */
  reopen(): Promise<Storage>;
  dispose(): Promise<void>;
}

/** What the suite needs of a store under test: it must keep at most `windowEvents` events for looking back. */
export interface StorageSuite {
  name: string;
  windowEvents: number;
  open(): Promise<StorageFixture>;
}

const object = (name: string, extra: Record<string, unknown> = {}): StoredValue => ({ metadata: { name }, ...extra });
const pod = (name: string, namespace = 'default'): string => `/core/pods/${namespace}/${name}`;
const names = (items: { key: string }[]): string[] => items.map(({ key }) => key.slice(key.lastIndexOf('/') + 1));

/** Reads until `count` events have come. */
async function take(watch: StorageWatch, count: number): Promise<StorageEvent[]> {
  const events: StorageEvent[] = [];
  for await (const batch of watch) {
    events.push(...batch);
    if (events.length >= count) break;
  }
  return events;
}

/** Every implementation of Storage passes this. */
export function describeStorage(suite: StorageSuite): void {
  describe(`${suite.name} storage`, () => {
    let fixture: StorageFixture;
    let storage: Storage;

    beforeEach(async () => {
      fixture = await suite.open();
      storage = fixture.storage;
    });
    afterEach(() => fixture.dispose());

    describe('writes', () => {
      test('a create gives the next revision and stamps it into the value', async () => {
        const before = storage.revision;
        const created = await storage.create(pod('a'), object('a'));
        expect(created.modRevision).toBeGreaterThan(before);
        expect(created.createRevision).toBe(created.modRevision);
        expect(created.value.metadata?.['resourceVersion']).toBe(String(created.modRevision));
        expect(storage.revision).toBe(created.modRevision);
        expect(await storage.get(pod('a'))).toEqual(created);
      });

      test('a key is created once', async () => {
        await storage.create(pod('a'), object('a'));
        await expect(storage.create(pod('a'), object('a'))).rejects.toBeInstanceOf(KeyExistsError);
      });

      test('an update at the current revision wins and keeps the create revision', async () => {
        const created = await storage.create(pod('a'), object('a'));
        const updated = await storage.update(pod('a'), object('a', { spec: 1 }), created.modRevision);
        expect(updated.createRevision).toBe(created.createRevision);
        expect(updated.modRevision).toBeGreaterThan(created.modRevision);
        expect((await storage.get(pod('a')))?.value['spec']).toBe(1);
      });

      test('an update at an older revision is refused with the current object', async () => {
        const created = await storage.create(pod('a'), object('a'));
        const updated = await storage.update(pod('a'), object('a', { spec: 1 }), created.modRevision);
        const error = await storage
          .update(pod('a'), object('a'), created.modRevision)
          .catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(RevisionMismatchError);
        expect((error as RevisionMismatchError).current).toEqual(updated);
      });

      test('an absent key is refused without a current object', async () => {
        const error = await storage.delete(pod('a'), 1).catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(RevisionMismatchError);
        expect((error as RevisionMismatchError).current).toBeUndefined();
      });

      test('a delete returns the last value stamped with its own revision', async () => {
        const created = await storage.create(pod('a'), object('a', { spec: 7 }));
        const deleted = await storage.delete(pod('a'), created.modRevision);
        expect(deleted.modRevision).toBeGreaterThan(created.modRevision);
        expect(deleted.value).toEqual({
          metadata: { name: 'a', resourceVersion: String(deleted.modRevision) },
          spec: 7,
        });
        expect(await storage.get(pod('a'))).toBeUndefined();
      });

      test('a key created again after a delete is a new object', async () => {
        const first = await storage.create(pod('a'), object('a'));
        await storage.delete(pod('a'), first.modRevision);
        const second = await storage.create(pod('a'), object('a'));
        expect(second.createRevision).toBeGreaterThan(first.createRevision);
      });

      test('values are frozen in depth', async () => {
        const { value } = await storage.create(pod('a'), object('a', { spec: { list: [{ deep: true }] } }));
        const spec = value['spec'] as { list: { deep: boolean }[] };
        expect(() => (spec.list[0]!.deep = false)).toThrow(TypeError);
        expect(() => spec.list.push({ deep: false })).toThrow(TypeError);
      });

      test('of many writers at one revision exactly one wins', async () => {
        const created = await storage.create(pod('a'), object('a'));
        const tries = Array.from({ length: 50 }, (_, by) =>
          storage.update(pod('a'), object('a', { by }), created.modRevision),
        );
        const results = await Promise.allSettled(tries);
        const won = results.filter((result) => result.status === 'fulfilled');
        expect(won).toHaveLength(1);
        const stored = await storage.get(pod('a'));
        expect(won[0]?.value).toEqual(stored);
        for (const result of results)
          if (result.status === 'rejected') expect((result.reason as RevisionMismatchError).current).toEqual(stored);
      });

      test('counters under contention lose no increment', async () => {
        await storage.create(pod('n'), object('n', { count: 0 }));
        const increment = async (): Promise<void> => {
          for (;;) {
            const current = (await storage.get(pod('n')))!;
            const next = object('n', { count: (current.value['count'] as number) + 1 });
            try {
              await storage.update(pod('n'), next, current.modRevision);
              return;
            } catch (error) {
              if (!(error instanceof RevisionMismatchError)) throw error;
            }
          }
        };
        await Promise.all(Array.from({ length: 16 }, increment));
        expect((await storage.get(pod('n')))?.value['count']).toBe(16);
      });

      test('coalesced writes are visible at once and ordered with the others', async () => {
        const first = await storage.create('/core/events/default/e', object('e'), 'coalesced');
        expect((await storage.get(first.key))?.modRevision).toBe(first.modRevision);
        const [durable, coalesced] = await Promise.all([
          storage.create(pod('a'), object('a')),
          storage.update(first.key, object('e', { count: 2 }), first.modRevision, 'coalesced'),
        ]);
        expect(coalesced.modRevision).toBeGreaterThan(first.modRevision);
        expect(storage.revision).toBe(Math.max(durable.modRevision, coalesced.modRevision));
      });
    });

    describe('lists', () => {
      test('come in key order and see only their prefix', async () => {
        for (const name of ['c', 'a', 'b']) await storage.create(pod(name), object(name));
        await storage.create(pod('x', 'default-2'), object('x'));
        await storage.create('/core/podtemplates/default/t', object('t'));
        expect(names((await storage.list({ prefix: '/core/pods/default/' })).items)).toEqual(['a', 'b', 'c']);
        expect(names((await storage.list({ prefix: '/core/pods/' })).items)).toEqual(['x', 'a', 'b', 'c']);
        expect(names((await storage.list({ prefix: '/core/secrets/' })).items)).toEqual([]);
      });

      test('count and page', async () => {
        const all = Array.from({ length: 1_200 }, (_, index) => `p${String(index).padStart(4, '0')}`);
        await Promise.all(all.map((name) => storage.create(pod(name), object(name))));
        expect(await storage.count('/core/pods/')).toBe(1_200);
        expect(await storage.count('/core/pods/other/')).toBe(0);
        const page = await storage.list({ prefix: '/core/pods/', limit: 500 });
        expect(page).toMatchObject({ more: true, remaining: 700 });
        const rest = await storage.list({ prefix: '/core/pods/', after: page.items.at(-1)!.key });
        expect(rest).toMatchObject({ more: false, remaining: 0 });
        expect([...names(page.items), ...names(rest.items)]).toEqual(all);
      });

      test('pages at one revision are consistent while writes go on', async () => {
        const revisions = new Map<string, number>();
        for (const name of ['a', 'b', 'c', 'd', 'e', 'f'])
          revisions.set(name, (await storage.create(pod(name), object(name))).modRevision);
        const first = await storage.list({ prefix: '/core/pods/', limit: 2 });
        await storage.delete(pod('c'), revisions.get('c')!);
        await storage.update(pod('d'), object('d', { changed: true }), revisions.get('d')!);
        await storage.create(pod('cc'), object('cc'));
        await storage.delete(pod('a'), revisions.get('a')!);
        const recreated = await storage.create(pod('c'), object('c', { changed: true }));
        expect(recreated.modRevision).toBeGreaterThan(first.revision);
        const { revision } = first;
        const second = await storage.list({ prefix: '/core/pods/', after: pod('b'), limit: 2, revision });
        expect(names(second.items)).toEqual(['c', 'd']);
        expect(second).toMatchObject({ revision, more: true, remaining: 2 });
        expect(second.items.map(({ value }) => value['changed'])).toEqual([undefined, undefined]);
        expect(second.items.map(({ modRevision }) => modRevision)).toEqual([revisions.get('c'), revisions.get('d')]);
        const third = await storage.list({ prefix: '/core/pods/', after: pod('d'), limit: 2, revision });
        expect(names(third.items)).toEqual(['e', 'f']);
        expect(third.more).toBe(false);
      });

      test('every revision of a random history can be read back', async () => {
        const history: { revision: number; state: [string, number][] }[] = [];
        const live = new Map<string, number>();
        let seed = 7;
        const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
        for (let step = 0; step < 200; step++) {
          const key = pod(`k${random(12)}`);
          const current = live.get(key);
          if (current === undefined) live.set(key, (await storage.create(key, object('k'))).modRevision);
          else if (random(3) === 0) {
            await storage.delete(key, current);
            live.delete(key);
          } else live.set(key, (await storage.update(key, object('k', { step }), current)).modRevision);
          history.push({ revision: storage.revision, state: [...live].sort(([a], [b]) => (a < b ? -1 : 1)) });
        }
        for (const { revision, state } of history) {
          const { items } = await storage.list({ prefix: '/core/pods/', revision });
          expect(items.map(({ key, modRevision }) => [key, modRevision])).toEqual(state);
        }
      });

      test('a revision that is yet to come is refused', async () => {
        const ask = storage.list({ prefix: '/core/pods/', revision: storage.revision + 1 });
        await expect(ask).rejects.toBeInstanceOf(FutureRevisionError);
      });

      test('a revision that is gone is refused', async () => {
        const { modRevision } = await storage.create(pod('a'), object('a'));
        await fillWindow(storage, suite.windowEvents);
        await expect(storage.list({ prefix: '/core/pods/', revision: modRevision })).rejects.toBeInstanceOf(
          CompactedError,
        );
      });
    });

    describe('watches', () => {
      test('show what follows a list: ordered, each once, with the value before', async () => {
        const created = await storage.create(pod('a'), object('a'));
        const watch = storage.watch({ prefix: '/core/pods/', afterRevision: storage.revision });
        const updated = await storage.update(pod('a'), object('a', { spec: 1 }), created.modRevision);
        const deleted = await storage.delete(pod('a'), updated.modRevision);
        await storage.create('/core/secrets/default/s', object('s'));
        const again = await storage.create(pod('a'), object('a'));
        const events = await take(watch, 3);
        expect(events.map(({ type, revision, value, previous }) => ({ type, revision, value, previous }))).toEqual([
          { type: 'update', revision: updated.modRevision, value: updated.value, previous: created.value },
          { type: 'delete', revision: deleted.modRevision, value: deleted.value, previous: updated.value },
          { type: 'create', revision: again.modRevision, value: again.value, previous: undefined },
        ]);
        for (const event of events) expect(JSON.parse(event.json())).toEqual(event.value);
      });

      test('resume from any earlier revision without a gap', async () => {
        const start = storage.revision;
        const written: number[] = [];
        for (let index = 0; index < 50; index++)
          written.push((await storage.create(pod(`p${index}`), object('p'))).modRevision);
        for (const from of [start, ...written.slice(0, -1)]) {
          const expected = written.filter((revision) => revision > from);
          const events = await take(storage.watch({ prefix: '/core/pods/', afterRevision: from }), expected.length);
          expect(events.map(({ revision }) => revision)).toEqual(expected);
        }
      });

      test('started at any moment of a burst see every event once, in order', async () => {
        const from = storage.revision;
        const total = 300;
        const readers: Promise<number[]>[] = [];
        const writes = Array.from({ length: total }, async (_, index) => {
          await storage.create(pod(`p${index}`), object('p'));
          if (index % 25 !== 0) return;
          const reader = take(storage.watch({ prefix: '/core/pods/', afterRevision: from }), total);
          readers.push(reader.then((events) => events.map(({ revision }) => revision)));
        });
        await Promise.all(writes);
        const { items } = await storage.list({ prefix: '/core/pods/' });
        const expected = items.map(({ modRevision }) => modRevision).sort((a, b) => a - b);
        for (const seen of await Promise.all(readers)) expect(seen).toEqual(expected);
      });

      test('of a namespace or one key see nothing else', async () => {
        const afterRevision = storage.revision;
        await storage.create(pod('a', 'one'), object('a'));
        await storage.create(pod('b', 'two'), object('b'));
        await storage.create(pod('bb', 'two'), object('bb'));
        const [inTwo] = await take(storage.watch({ prefix: '/core/pods/two/', afterRevision }), 1);
        expect(inTwo?.key).toBe(pod('b', 'two'));
        const live = storage.watch({ prefix: pod('c', 'two'), afterRevision });
        await storage.create(pod('d', 'two'), object('d'));
        await storage.create(pod('c', 'two'), object('c'));
        expect((await take(live, 1)).map(({ key }) => key)).toEqual([pod('c', 'two')]);
      });

      test('from a future revision stay silent up to it', async () => {
        const target = storage.revision + 2;
        const watch = storage.watch({ prefix: '/core/pods/', afterRevision: target });
        while (storage.revision <= target) await storage.create(pod(`r${storage.revision}`), object('r'));
        const [event] = await take(watch, 1);
        expect(event?.revision).toBeGreaterThan(target);
      });

      test('from a compacted revision are refused', async () => {
        const from = storage.revision;
        await storage.create(pod('a'), object('a'));
        await fillWindow(storage, suite.windowEvents);
        expect(() => storage.watch({ prefix: '/core/pods/', afterRevision: from })).toThrow(CompactedError);
      });

      test('the delete at the compacted revision is the last that is gone, the one after it still comes', async () => {
        const { modRevision } = await storage.create(pod('a'), object('a'));
        await storage.delete(pod('a'), modRevision);
        await fillWindow(storage, suite.windowEvents);
        const { compactedRevision } = storage;
        const { items } = await storage.list({ prefix: '/core/configmaps/', revision: compactedRevision });
        const [next] = await take(storage.watch({ prefix: '', afterRevision: compactedRevision }), 1);
        expect(next!.revision).toBeGreaterThan(compactedRevision);
        expect(items.map(({ key }) => key)).not.toContain(next!.key);
      });

      test('that nobody reads end with CompactedError, and the others go on', async () => {
        const slow = storage.watch({ prefix: '/core/configmaps/', afterRevision: storage.revision });
        const quiet = storage.watch({ prefix: '/core/pods/', afterRevision: storage.revision });
        await fillWindow(storage, suite.windowEvents);
        await fillWindow(storage, suite.windowEvents);
        await expect(take(slow, Infinity)).rejects.toBeInstanceOf(CompactedError);
        await storage.create(pod('a'), object('a'));
        expect(await take(quiet, 1)).toHaveLength(1);
      });

      test('that are closed complete', async () => {
        const watch = storage.watch({ prefix: '/', afterRevision: storage.revision });
        const reading = take(watch, Infinity);
        watch.close();
        expect(await reading).toEqual([]);
      });
    });

    describe('over a restart', () => {
      test('everything is there and the revision goes on', async () => {
        const kept = await storage.create(pod('a'), object('a', { text: 'grüße, 你好' }));
        const gone = await storage.create(pod('b'), object('b'));
        await storage.delete(pod('b'), gone.modRevision);
        const lease = await storage.create('/coordination.k8s.io/leases/n/l', object('l'), 'coalesced');
        const { revision } = storage;
        storage = await fixture.reopen();
        expect(storage.revision).toBe(revision);
        expect(await storage.get(pod('a'))).toEqual(kept);
        expect(await storage.get(pod('b'))).toBeUndefined();
        expect(await storage.get(lease.key)).toEqual(lease);
        expect((await storage.create(pod('c'), object('c'))).modRevision).toBeGreaterThan(revision);
      });

      test('watches of an older time are told to list again', async () => {
        const old = storage.revision;
        await storage.create(pod('a'), object('a'));
        storage = await fixture.reopen();
        if (storage.compactedRevision <= old) {
          const [event] = await take(storage.watch({ prefix: '/core/pods/', afterRevision: old }), 1);
          expect(event?.key).toBe(pod('a'));
        } else expect(() => storage.watch({ prefix: '/core/pods/', afterRevision: old })).toThrow(CompactedError);
      });
    });
  });
}

let filled = 0;

/** Writes so many events that earlier ones are no longer kept. */
async function fillWindow(storage: Storage, windowEvents: number): Promise<void> {
  const run = ++filled;
  const count = windowEvents + 1;
  await Promise.all(
    Array.from({ length: count }, (_, index) => storage.create(`/core/configmaps/fill/${run}-${index}`, object('f'))),
  );
}
