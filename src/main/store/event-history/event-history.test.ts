import { appendFile, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openEmbeddedStore, type EmbeddedStore } from '../embedded/index.ts';
import { silentLog } from '../embedded/test-log.ts';
import type { StoredValue } from '../storage.ts';
import { startEventHistory } from './event-history.ts';
import { readEventHistory, type HistoricEvent, type HistoryQuery } from './read-event-history.ts';
import { HISTORY_BOUNDS, listSegments, outOfBounds, segmentName, type HistoryBounds } from './segments.ts';

const DAY = 24 * 3600_000;
const START = Date.parse('2026-01-01T00:00:00Z');

let base: string;
let dir: string;
let store: EmbeddedStore;
let now: number;
let stop: (() => Promise<void>) | undefined;
const clock = { now: () => now };

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'wheelhouse-history-'));
  dir = join(base, 'events');
  now = START;
  store = await openEmbeddedStore({ dir: join(base, 'store'), log: silentLog, clock });
});
afterEach(async () => {
  await stop?.();
  stop = undefined;
  await store.close();
  await rm(base, { recursive: true, force: true });
});

const start = async (bounds: HistoryBounds = HISTORY_BOUNDS): Promise<void> => {
  stop = await startEventHistory({ storage: store, dir, clock, log: silentLog, bounds });
};
const restart = async (): Promise<void> => {
  await stop?.();
  await start();
};
const event = (name: string, namespace: string, message = 'x'): StoredValue => ({
  metadata: { name, namespace },
  involvedObject: { kind: 'Pod', name: `pod-of-${name}`, uid: `uid-${name}` },
  message,
});
const write = (name: string, namespace = 'default', message?: string): Promise<unknown> =>
  store.create(`/core/events/${namespace}/${name}`, event(name, namespace, message), 'coalesced');
async function read(query?: HistoryQuery): Promise<HistoricEvent[]> {
  const found: HistoricEvent[] = [];
  for await (const each of readEventHistory(dir, query)) found.push(each);
  return found;
}
const names = async (query?: HistoryQuery): Promise<unknown[]> =>
  (await read(query)).map(({ event: { metadata } }) => metadata?.['name']);
const recorded = (...expected: string[]): Promise<void> =>
  vi.waitFor(async () => expect(await names()).toEqual(expected));

describe('the history of events', () => {
  test('outlives the events, and has each write of one', async () => {
    await start();
    await write('a');
    const { modRevision } = (await store.get('/core/events/default/a'))!;
    await store.update('/core/events/default/a', event('a', 'default', 'again'), modRevision, 'coalesced');
    await recorded('a', 'a');
    await store.delete('/core/events/default/a', (await store.get('/core/events/default/a'))!.modRevision);
    await write('b');
    await recorded('a', 'a', 'b');
    expect((await read()).map(({ at, event: { message } }) => [at, message])).toEqual([
      ['2026-01-01T00:00:00.000Z', 'x'],
      ['2026-01-01T00:00:00.000Z', 'again'],
      ['2026-01-01T00:00:00.000Z', 'x'],
    ]);
  });

  test('has what came while nobody recorded, and nothing twice', async () => {
    await write('before');
    await start();
    await recorded('before');
    await stop?.();
    await write('between');
    await start();
    await write('after');
    await recorded('before', 'between', 'after');
    await restart();
    await write('last');
    await recorded('before', 'between', 'after', 'last');
  });

  test('is found by namespace, object and time', async () => {
    await start();
    for (const [name, namespace] of [
      ['a', 'one'],
      ['b', 'two'],
      ['c', 'one'],
    ] as const) {
      await write(name, namespace);
      await vi.waitFor(async () => expect(await names()).toContain(name));
      now += 1000;
    }
    expect(await names({ namespace: 'one' })).toEqual(['a', 'c']);
    expect(await names({ involved: { kind: 'Pod', name: 'pod-of-b' } })).toEqual(['b']);
    expect(await names({ involved: { uid: 'uid-c', kind: 'Node' } })).toEqual([]);
    expect(await names({ since: START + 1000 })).toEqual(['b', 'c']);
    expect(await names({ since: START + 1000, until: START + 2000 })).toEqual(['b']);
  });

  test('survives half a line of a process that was killed', async () => {
    await start();
    await write('a');
    await recorded('a');
    await stop?.();
    const [segment] = await listSegments(dir);
    await appendFile(join(dir, segment!.name), '{"at":"2026-01-01T00:00:00.000Z","revis');
    await start();
    await write('b');
    await recorded('a', 'b');
  });

  test('stays within its bounds, and loses the oldest first', async () => {
    await start({ segmentBytes: 2_000, segmentMs: DAY, totalBytes: 10_000, keepMs: 7 * DAY });
    for (let index = 0; index < 200; index++) {
      now += 1000;
      await write(`e${index}`);
      // Each in a batch of its own.
      if (index % 10 === 9) await vi.waitFor(async () => expect((await names()).at(-1)).toBe(`e${index}`));
    }
    const files = await readdir(dir);
    const sizes = await Promise.all(files.map(async (name) => (await stat(join(dir, name))).size));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(10_000 + 3_000);
    const kept = await names();
    expect(kept.at(-1)).toBe('e199');
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, index) => `e${200 - kept.length + index}`));
    expect(kept.length).toBeGreaterThan(20);
  });

  test('begins a new file each day, is private, and forgets after a week', async () => {
    await start();
    for (let day = 0; day < 12; day++) {
      await write(`day${day}`);
      await vi.waitFor(async () => expect((await names()).at(-1)).toBe(`day${day}`));
      now += DAY;
    }
    expect((await names())[0]).toBe('day3');
    const { mode } = await stat(join(dir, (await readdir(dir))[0]!));
    expect(mode & 0o777).toBe(0o600);
  });

  test('of another store is not taken for ours', async () => {
    await start();
    for (let index = 0; index < 5; index++) await write(`old${index}`);
    await vi.waitFor(async () => expect(await names()).toHaveLength(5));
    await stop?.();
    await store.close();
    store = await openEmbeddedStore({ dir: join(base, 'another'), log: silentLog, clock });
    await start();
    await write('new');
    await vi.waitFor(async () => expect((await names()).at(-1)).toBe('new'));
  });

  test('is written as lines that other tools can read', async () => {
    await start();
    await write('a');
    await recorded('a');
    const [segment] = await listSegments(dir);
    const lines = (await readFile(join(dir, segment!.name), 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => Object.keys(JSON.parse(line) as object))).toEqual([['at', 'revision', 'event']]);
  });
});

test('the segment being written is never out of bounds', () => {
  const segments = [0, 1, 2].map((index) => ({ name: segmentName(START + index), startMs: START + index, bytes: 100 }));
  const bounds = { ...HISTORY_BOUNDS, totalBytes: 10 };
  expect(outOfBounds(segments, START, bounds).map(({ startMs }) => startMs)).toEqual([START, START + 1]);
  expect(outOfBounds(segments, START, HISTORY_BOUNDS)).toEqual([]);
  expect(outOfBounds(segments.slice(0, 1), START + 100 * DAY, bounds)).toEqual([]);
});
