import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openEmbeddedStore, type EmbeddedStore, type ValueSealer } from './index.ts';
import { silentLog } from './test-log.ts';

/** Reverses the bytes and remembers the key: enough to see that every path to disk and back goes through it. */
const sealer: ValueSealer = {
  protects: (key) => key.startsWith('/core/secrets/'),
  seal: (key, text) => Buffer.concat([Buffer.from(`${key}|`), Buffer.from(text).reverse()]),
  open: (key, bytes) => {
    const head = `${key}|`;
    if (bytes.subarray(0, head.length).toString() !== head) throw new Error('not sealed for this key');
    return Buffer.from(bytes.subarray(head.length)).reverse();
  },
};

let dir = '';
let store: EmbeddedStore;
const open = (withSealer = true): Promise<EmbeddedStore> =>
  openEmbeddedStore({ dir, log: silentLog, clock: Date, options: withSealer ? { sealer } : {} });
const filesHold = async (text: string): Promise<boolean> => {
  const names = (await readdir(dir)).filter((name) => /journal|snapshot/.test(name));
  return (await Promise.all(names.map((name) => readFile(join(dir, name))))).some((bytes) => bytes.includes(text));
};

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'wheelhouse-store-'));
  store = await open();
});
afterEach(async () => {
  await store.close();
  await rm(dir, { recursive: true });
});

test('a Secret is sealed in journal and snapshot, and comes back; other kinds stay readable', async () => {
  await store.create('/core/secrets/a/b', { data: { word: 'hush-hush' } });
  await store.create('/core/configmaps/a/b', { data: { word: 'plain-text' } });
  expect(await filesHold('hush-hush')).toBe(false);
  expect(await filesHold('plain-text')).toBe(true);
  await store.close();
  store = await open();
  expect((await store.get('/core/secrets/a/b'))?.value).toMatchObject({ data: { word: 'hush-hush' } });
  expect(await store.compact()).toBe(true);
  expect(await filesHold('hush-hush')).toBe(false);
  await store.close();
  store = await open();
  expect((await store.get('/core/secrets/a/b'))?.value).toMatchObject({ data: { word: 'hush-hush' } });
});

test('opening without the key is refused in a sentence, and harms nothing', async () => {
  await store.create('/core/secrets/a/b', { data: {} });
  await store.close();
  await expect(open(false)).rejects.toThrow('restore the key file');
  store = await open();
  expect(await store.count('/core/secrets/')).toBe(1);
});
