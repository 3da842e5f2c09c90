import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Logger } from '../../../shared/logger.ts';
import { listFiles, segmentName, snapshotName } from './files.ts';
import { openEmbeddedStore, type EmbeddedStore } from './index.ts';
import { encodeGroup, readRecord, RecordKind } from './record.ts';
import { silentLog } from './test-log.ts';

let dir: string;
let complaints: object[];
const log: Logger = { ...silentLog, error: (fields) => void complaints.push(fields) };
const open = (): Promise<EmbeddedStore> => openEmbeddedStore({ dir, log, clock: Date });
const key = (name: string): string => `/core/configmaps/default/${name}`;

beforeEach(async () => {
  complaints = [];
  dir = await mkdtemp(join(tmpdir(), 'wheelhouse-damage-'));
});
afterEach(() => rm(dir, { recursive: true }));

async function write(store: EmbeddedStore, ...names: string[]): Promise<void> {
  for (const name of names) await store.create(key(name), { metadata: { name }, data: { text: `of ${name}` } });
}

async function namesIn(store: EmbeddedStore): Promise<string[]> {
  const { items } = await store.list({ prefix: '/core/configmaps/' });
  return items.map((item) => String(item.value.metadata?.['name']));
}

/** Writes, and leaves the directory as a crash would: the lock goes with its owner, nothing else is tidied. */
async function leaveBehind(fill: (store: EmbeddedStore) => Promise<void>): Promise<number> {
  const store = await open();
  await fill(store);
  const { revision } = store;
  const { segments, snapshots } = await listFiles(dir);
  const files = [...segments.map(segmentName), ...snapshots.map(snapshotName)];
  const contents = await Promise.all(files.map(async (file) => [file, await readFile(join(dir, file))] as const));
  await store.close();
  await rm(dir, { recursive: true });
  await mkdir(dir);
  for (const [file, bytes] of contents) await writeFile(join(dir, file), bytes);
  return revision;
}

/** Where each record of a file begins. */
async function offsets(file: string): Promise<number[]> {
  const bytes = await readFile(join(dir, file));
  const starts: number[] = [];
  for (let at = 0, read = readRecord(bytes, at); read; read = readRecord(bytes, at)) {
    starts.push(at);
    at = read.next;
  }
  return starts;
}

async function flipBit(file: string, offset: number): Promise<void> {
  const bytes = await readFile(join(dir, file));
  bytes.writeUInt8(bytes.readUInt8(offset) ^ 4, offset);
  await writeFile(join(dir, file), bytes);
}

describe('a torn journal', () => {
  test('at every byte of the last write loses that write and nothing else', async () => {
    await leaveBehind((store) => write(store, 'a', 'b', 'c'));
    const file = segmentName(1);
    const whole = await readFile(join(dir, file));
    const last = (await offsets(file)).at(-1) ?? 0;
    for (let size = last; size < whole.length; size += 7) {
      await rm(dir, { recursive: true });
      await mkdir(dir);
      await writeFile(join(dir, file), whole.subarray(0, size));
      const store = await open();
      expect(await namesIn(store)).toEqual(['a', 'b']);
      expect(store.recovery).toMatchObject({ tornBytes: size - last, damage: [] });
      await store.close();
    }
  });

  test('is cut, so that what is written next is read back', async () => {
    await leaveBehind((store) => write(store, 'a', 'b'));
    await truncate(join(dir, segmentName(1)), (await stat(join(dir, segmentName(1)))).size - 3);
    const store = await open();
    await write(store, 'c');
    await store.close();
    const again = await open();
    expect(await namesIn(again)).toEqual(['a', 'c']);
    expect(again.recovery.damage).toEqual([]);
    await again.close();
  });
});

describe('a journal', () => {
  const put = (name: string, revision: number): Parameters<typeof encodeGroup>[0][number] => ({
    kind: RecordKind.put,
    key: key(name),
    revision,
    createRevision: 1,
    text: JSON.stringify({ metadata: { name, resourceVersion: String(revision) } }),
  });

  test('cut between two records of one group loses the whole group', async () => {
    const first = encodeGroup([put('a', 1)], 1);
    const group = encodeGroup([put('b', 2), put('c', 3), put('d', 4)], 2);
    await writeFile(join(dir, segmentName(1)), Buffer.concat([first, group.subarray(0, readRecord(group, 0)!.next)]));
    const store = await open();
    expect(await namesIn(store)).toEqual(['a']);
    expect(store.recovery.damage).toEqual([]);
    await store.close();
  });

  test('with a coalesced write behind a later delete or update of its key keeps the later one', async () => {
    const groups = [
      encodeGroup([put('a', 1), put('b', 2)], 1),
      encodeGroup([{ kind: RecordKind.delete, key: key('a'), revision: 5 }, put('b', 6)], 2),
      encodeGroup([put('a', 3), put('b', 4)], 3),
    ];
    await writeFile(join(dir, segmentName(1)), Buffer.concat(groups));
    const store = await open();
    expect(await namesIn(store)).toEqual(['b']);
    expect((await store.get(key('b')))?.modRevision).toBe(6);
    await store.close();
  });

  test('that lost coalesced writes in a crash never gives their revisions out again', async () => {
    let shown = 0;
    await leaveBehind(async (store) => {
      await write(store, 'a');
      for (let index = 0; index < 10; index++)
        shown = (await store.create(key(`e${index}`), { metadata: { name: 'e' } }, 'coalesced')).modRevision;
    });
    const store = await open();
    expect(await namesIn(store)).toEqual(['a']);
    expect(store.revision).toBeGreaterThanOrEqual(shown);
    await store.close();
  });
});

describe('a damaged journal', () => {
  test('loses only the damaged write, says so, sets the file aside and never goes back', async () => {
    const before = await leaveBehind((store) => write(store, 'a', 'b', 'c', 'd'));
    const file = segmentName(1);
    const second = (await offsets(file))[1] ?? 0;
    await flipBit(file, second + 60);
    const store = await open();
    expect(await namesIn(store)).toEqual(['a', 'c', 'd']);
    expect(store.recovery.damage).toMatchObject([{ file, offset: second, afterRevision: 1, beforeRevision: 3 }]);
    expect(store.revision).toBeGreaterThan(before);
    expect(complaints).toHaveLength(1);
    expect(await readdir(join(dir, 'damaged'))).toEqual([file]);
    await store.close();
    const again = await open();
    expect(again.recovery).toMatchObject({ damage: [], rejectedSnapshots: [] });
    expect(await namesIn(again)).toEqual(['a', 'c', 'd']);
    await again.close();
  });

  test('with a damaged length is read on behind it', async () => {
    await leaveBehind((store) => write(store, 'a', 'b', 'c', 'd'));
    await flipBit(segmentName(1), ((await offsets(segmentName(1)))[1] ?? 0) + 6);
    const store = await open();
    expect(await namesIn(store)).toEqual(['a', 'c', 'd']);
    expect(store.recovery.damage).toHaveLength(1);
    await store.close();
  });

  test('whose older segment ends early is told from a torn tail', async () => {
    await leaveBehind(async (store) => {
      await write(store, 'a', 'b');
      await store.compact();
      await write(store, 'c');
      await store.compact();
      await write(store, 'd');
    });
    await rm(join(dir, snapshotName(3)));
    await truncate(join(dir, segmentName(2)), 10);
    const store = await open();
    expect(await namesIn(store)).toEqual(['a', 'b', 'd']);
    expect(store.recovery.damage).toMatchObject([{ file: segmentName(2) }]);
    await store.close();
  });

  test('a missing segment is reported', async () => {
    await leaveBehind(async (store) => {
      await write(store, 'a');
      await store.compact();
      await write(store, 'b');
    });
    await rm(join(dir, segmentName(2)));
    const store = await open();
    expect(await namesIn(store)).toEqual(['a']);
    expect(store.recovery.damage).toMatchObject([{ file: segmentName(2), reason: 'the segment is missing' }]);
    await store.close();
  });
});

describe('a damaged snapshot', () => {
  test('costs nothing while the one before it and its journal stand', async () => {
    const before = await leaveBehind(async (store) => {
      await write(store, 'a', 'b');
      await store.compact();
      await write(store, 'c');
      await store.compact();
      await write(store, 'd');
    });
    await flipBit(snapshotName(3), 200);
    const store = await open();
    expect(await namesIn(store)).toEqual(['a', 'b', 'c', 'd']);
    expect(store.recovery).toMatchObject({ snapshot: 2, damage: [] });
    expect(store.recovery.rejectedSnapshots).toMatchObject([{ file: snapshotName(3) }]);
    expect(store.revision).toBeGreaterThan(before);
    expect(await readdir(join(dir, 'damaged'))).toEqual([snapshotName(3)]);
    await store.close();
  });

  test('that is the first falls back to the whole journal', async () => {
    await leaveBehind(async (store) => {
      await write(store, 'a', 'b');
      await store.compact();
      await write(store, 'c');
    });
    await truncate(join(dir, snapshotName(2)), 50);
    const store = await open();
    expect(await namesIn(store)).toEqual(['a', 'b', 'c']);
    await store.close();
  });

  test('with nothing to fall back on gives what of it can be read', async () => {
    await leaveBehind(async (store) => {
      await write(store, 'a', 'b', 'c');
      await store.compact();
      await write(store, 'd');
    });
    await rm(join(dir, segmentName(1)));
    const second = (await offsets(snapshotName(2)))[2] ?? 0;
    await flipBit(snapshotName(2), second + 70);
    const store = await open();
    expect(await namesIn(store)).toEqual(['a', 'c', 'd']);
    expect(store.recovery.rejectedSnapshots).toHaveLength(1);
    await store.close();
  });
});

describe('compaction', () => {
  test('keeps two generations and leaves nothing older', async () => {
    const store = await open();
    for (const name of ['a', 'b', 'c', 'd']) {
      await write(store, name);
      expect(await store.compact()).toBe(true);
    }
    expect(await listFiles(dir)).toEqual({ segments: [4, 5], snapshots: [4, 5], unfinished: [] });
    await store.close();
    const again = await open();
    expect(again.recovery).toMatchObject({ snapshot: 5, damage: [], objects: 4 });
    expect(await namesIn(again)).toEqual(['a', 'b', 'c', 'd']);
    await again.close();
  });

  test('happens by itself when the journal has grown', async () => {
    const store = await openEmbeddedStore({ dir, log, clock: Date, options: { compactAfterBytes: 2_000 } });
    for (let index = 0; (await listFiles(dir)).snapshots.length === 0; index++) await write(store, `n${index}`);
    await store.close();
    const again = await open();
    expect(again.recovery.snapshot).toBeGreaterThan(1);
    expect(await namesIn(again)).toHaveLength(again.recovery.objects);
    await again.close();
  });

  test('is right while writes go on under it', async () => {
    const store = await open();
    await Promise.all(Array.from({ length: 2_000 }, (_, index) => write(store, `n${index}`)));
    let compacting = true;
    const done = store.compact().finally(() => (compacting = false));
    let round = 0;
    while (compacting) {
      const name = key(`n${(round++ * 37) % 2_000}`);
      const current = await store.get(name);
      if (current) await store.delete(name, current.modRevision);
      else await store.create(name, { metadata: { name: name.slice(key('').length) }, data: { round } });
    }
    expect(await done).toBe(true);
    const expected = (await store.list({ prefix: '/' })).items;
    await store.close();
    const again = await open();
    expect((await again.list({ prefix: '/' })).items).toEqual(expected);
    await again.close();
  });
});
