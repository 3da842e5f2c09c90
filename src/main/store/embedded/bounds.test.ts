import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { StoredValue } from '../storage.ts';
import { openEmbeddedStore, type EmbeddedStore } from './index.ts';
import { silentLog } from './test-log.ts';

const COMPACT_AFTER = 200_000;
const OBJECTS = 50;
const VALUE = 1_000;

let dir: string;
let store: EmbeddedStore;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'wheelhouse-bounds-'));
  store = await openEmbeddedStore({ dir, log: silentLog, clock: Date, options: { compactAfterBytes: COMPACT_AFTER } });
});
afterEach(async () => {
  await store.close();
  await rm(dir, { recursive: true });
});

async function bytesOnDisk(): Promise<number> {
  const sizes = await Promise.all(
    (await readdir(dir)).map((name) =>
      stat(join(dir, name)).then(
        ({ size }) => size,
        // Removed by a compaction since it was listed.
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

test.each(['durable', 'coalesced'] as const)(
  'however much is written (%s), the disk holds two snapshots and a few journals of bounded size',
  async (durability) => {
    const key = (index: number): string => `/core/configmaps/default/o${index % OBJECTS}`;
    const value = (step: number): StoredValue => ({
      metadata: {},
      data: String(step).padEnd(VALUE, 'x'),
    });
    // Two generations of snapshots, the journals since the older of them, and what is written while one is made.
    const bound = 2 * OBJECTS * VALUE * 1.5 + 5 * COMPACT_AFTER;
    let written = 0;
    let most = 0;
    for (let round = 0; round < 60; round++) {
      await Promise.all(
        Array.from({ length: OBJECTS }, async (_, index) => {
          const current = await store.get(key(index));
          await (current
            ? store.update(key(index), value(round), current.modRevision, durability)
            : store.create(key(index), value(round), durability));
          written += VALUE;
        }),
      );
      if (durability === 'coalesced') await store.flush();
      most = Math.max(most, await bytesOnDisk());
    }
    expect(written).toBeGreaterThan(2 * bound);
    expect(most).toBeLessThan(bound);
  },
);

test('what is deleted leaves the disk', async () => {
  for (let index = 0; index < 200; index++)
    await store.create(`/core/configmaps/default/o${index}`, { metadata: {}, data: 'x'.repeat(VALUE) });
  for (const { key, modRevision } of (await store.list({ prefix: '/' })).items) await store.delete(key, modRevision);
  for (let generation = 0; generation < 2; generation++) expect(await store.compact()).toBe(true);
  expect(await bytesOnDisk()).toBeLessThan(2_000);
});
