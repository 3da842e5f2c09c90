import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkHistory, type History, type Read, type WatchRun, type WriteAttempt } from './check-history.ts';

const KEYS = ['/a/b/x', '/a/b/y', '/a/c/z'];
const PREFIXES = ['/', '/a/b/', '/a/c/z'];

interface Step {
  key: number;
  remove: boolean;
  overlap: boolean;
  crash: boolean;
}

/** A faultless store, and what its clients would have seen of it. */
function faultless(steps: readonly Step[]): History {
  const state = new Map<string, { revision: number; value: string }>();
  const writes: WriteAttempt[] = [];
  const events: WatchRun['events'][number][] = [];
  const reads: Read[] = [];
  const openings: History['openings'][number][] = [{ revision: 0, at: 0 }];
  let revision = 0;
  let time = 1;
  let epoch = 0;
  for (const [index, step] of steps.entries()) {
    const key = KEYS[step.key % KEYS.length]!;
    const current = state.get(key);
    const type = !current ? 'create' : step.remove ? 'delete' : 'update';
    const value = type === 'delete' ? current!.value : `v${index}`;
    const started = step.overlap ? time : ++time;
    revision++;
    const acknowledged = step.crash ? undefined : { revision, ended: ++time };
    writes.push({ type, key, value, expected: current?.revision ?? 0, coalesced: false, started, acknowledged });
    events.push({ type, key, value, revision });
    if (type === 'delete') state.delete(key);
    else state.set(key, { revision, value });
    if (step.crash) {
      epoch++;
      openings.push({ revision, at: ++time });
    }
    for (const prefix of PREFIXES) {
      const items = new Map([...state].filter(([name]) => name.startsWith(prefix)));
      reads.push({ prefix, revision, items, started: ++time, epoch });
    }
  }
  const watches = [0, Math.floor(revision / 2)].flatMap((afterRevision) =>
    PREFIXES.map((prefix) => ({
      prefix,
      afterRevision,
      events: events.filter((event) => event.revision > afterRevision && event.key.startsWith(prefix)),
    })),
  );
  return { writes, reads, watches, openings };
}

const steps = fc.array(
  fc.record({
    key: fc.nat(2),
    remove: fc.boolean(),
    overlap: fc.boolean(),
    crash: fc.integer({ min: 0, max: 9 }).map((number) => number === 0),
  }),
  { minLength: 12, maxLength: 60 },
);
const step = (key: number, remove = false): Step => ({ key, remove, overlap: false, crash: false });
/** x, y and z made, x changed, y deleted, x changed again. */
const plain = (): History => structuredClone(faultless([step(0), step(1), step(2), step(0), step(1, true), step(0)]));
type Mutable<T> = { -readonly [K in keyof T]: T[K] };
const everything = (history: History): Mutable<WatchRun> & { events: WatchRun['events'][number][] } =>
  history.watches.find(({ prefix, afterRevision }) => prefix === '/' && afterRevision === 0) as never;
const lastRead = (history: History): Mutable<Read> & { items: Map<string, { revision: number; value: string }> } =>
  history.reads.findLast(({ prefix }) => prefix === '/') as never;

describe('the checker', () => {
  test('finds nothing in a faultless history', () => {
    fc.assert(fc.property(steps, (taken) => void expect(checkHistory(faultless(taken))).toEqual([])));
  });

  test.each<[string, (history: History) => void, string]>([
    ['a lost write', (h) => lastRead(h).items.delete('/a/b/x'), 'has lost the update of /a/b/x at 6'],
    [
      'a write gone back',
      (h) => lastRead(h).items.set('/a/b/x', { revision: 4, value: 'v3' }),
      'shows /a/b/x at 4, though it was written at 6',
    ],
    [
      'a deleted object back',
      (h) => lastRead(h).items.set('/a/b/y', { revision: 2, value: 'v1' }),
      'shows /a/b/y, which had been deleted at 5',
    ],
    [
      'a value nobody wrote',
      (h) => lastRead(h).items.set('/a/b/x', { revision: 6, value: 'else' }),
      'shows /a/b/x as nobody wrote it at 6',
    ],
    ['a read in the past', (h) => void (lastRead(h).revision = 4), 'began after revision 6 had been acknowledged'],
    ['a revision given twice', (h) => void (h.writes[5]!.acknowledged!.revision = 4), 'revision 4 was given twice'],
    [
      'revisions against time',
      (h) => void (h.writes[5]!.acknowledged!.revision = 3.5),
      'came after revision 5 had been acknowledged',
    ],
    [
      'two winners of one compare-and-swap',
      (h) => void (h.writes[5]!.expected = 1),
      'was to replace 1, but update of /a/b/x at 4 came between',
    ],
    [
      'an update of what was deleted',
      (h) => void Object.assign(h.writes[5]!, { key: '/a/b/y', expected: 2 }),
      'was to replace 2, but delete of /a/b/y at 5 came between',
    ],
    [
      'a start behind a write',
      (h) => (h.openings as object[]).push({ revision: 5, at: 1000 }),
      'the store opened at 5, behind the write at 6',
    ],
    ['a watch that leaves one out', (h) => everything(h).events.splice(2, 1), 'left out the create of /a/c/z at 3'],
    [
      'a watch that leaves a delete out',
      (h) => everything(h).events.splice(4, 1),
      'left out the delete of /a/b/y at 5',
    ],
    [
      'a watch that repeats',
      (h) => everything(h).events.splice(2, 0, everything(h).events[1]!),
      'showed the create of /a/b/y at 2 after revision 2',
    ],
    [
      'a watch out of order',
      (h) => everything(h).events.reverse(),
      'showed the update of /a/b/x at 4 after revision 6',
    ],
    ['a watch from before its start', (h) => void (everything(h).afterRevision = 1), 'from before its start'],
    [
      'a watch that shows another value',
      (h) => void ((everything(h).events[3] as { value: string }).value = 'else'),
      'showed a update of /a/b/x at 4 where there was',
    ],
    [
      'a watch that makes something up',
      (h) => everything(h).events.push({ type: 'create', key: '/a/b/q', value: 'q', revision: 7 }),
      'that nobody asked for',
    ],
    ['a watch of another kind', (h) => void (everything(h).prefix = '/a/c/'), 'showed /a/b/x'],
  ])('catches %s', (_what, harm, complaint) => {
    const history = plain();
    expect(checkHistory(history)).toEqual([]);
    harm(history);
    expect(checkHistory(history).join('\n')).toContain(complaint);
  });

  test('allows a write that was never answered to have happened or not', () => {
    const history = plain();
    const unanswered: WriteAttempt = {
      ...history.writes[5]!,
      started: 900,
      acknowledged: undefined,
      expected: 6,
      value: 'maybe',
    };
    (history.writes as WriteAttempt[]).push(unanswered);
    expect(checkHistory(history)).toEqual([]);
    lastRead(history).items.set('/a/b/x', { revision: 7, value: 'maybe' });
    lastRead(history).revision = 7;
    expect(checkHistory(history)).toEqual([]);
  });

  test('holds a store to a write that was never answered, once a watch has shown it', () => {
    const history = plain();
    (history.writes[5] as Mutable<WriteAttempt>).acknowledged = undefined;
    expect(checkHistory(history)).toEqual([]);
    lastRead(history).items.set('/a/b/x', { revision: 4, value: 'v3' });
    expect(checkHistory(history).join('\n')).toContain('though it was written at 6');
  });

  test('catches any event taken from any watch but its last', () => {
    fc.assert(
      fc.property(steps, fc.nat(), fc.nat(), (taken, which, at) => {
        const history = faultless(taken);
        const candidates = history.watches.filter(({ events }) => events.length > 1);
        const watch = candidates[which % candidates.length]!;
        (watch.events as unknown[]).splice(at % (watch.events.length - 1), 1);
        expect(checkHistory(history).length).toBeGreaterThan(0);
      }),
    );
  });
});
