import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openEmbeddedStore, WriteFailedError, type EmbeddedStore, type Failpoint } from './index.ts';
import { silentLog } from './test-log.ts';

const key = (name: string): string => `/core/configmaps/default/${name}`;
const value = (name: string, size = 10): { metadata: { name: string }; data: string } => ({
  metadata: { name },
  data: 'x'.repeat(size),
});
const noSpace = (): Error => Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });

let dir: string;
beforeEach(async () => (dir = await mkdtemp(join(tmpdir(), 'wheelhouse-full-'))));
afterEach(() => rm(dir, { recursive: true, force: true }));

/** A store whose disk is full as long as `full.at` names a step. */
async function openOn(full: { at: Failpoint | undefined }): Promise<EmbeddedStore> {
  const failpoint = (name: Failpoint): void => {
    if (name === full.at) throw noSpace();
  };
  return openEmbeddedStore({ dir, log: silentLog, clock: Date, options: { failpoint, coalesceMs: 5 } });
}

describe.each(['append.before', 'append.after', 'fsync.before'] as const)('a disk that is full at %s', (at) => {
  test('refuses the write with a sentence, changes nothing, and takes writes again when there is space', async () => {
    const full: { at: Failpoint | undefined } = { at: undefined };
    const store = await openOn(full);
    const kept = await store.create(key('a'), value('a'));
    const watch = store.watch({ prefix: '/', afterRevision: store.revision });
    const { revision } = store;
    full.at = at;
    const failures = await Promise.allSettled([
      store.create(key('b'), value('b')),
      store.update(key('a'), value('a', 99), kept.modRevision),
    ]);
    for (const failure of failures) {
      expect(failure.status === 'rejected' && failure.reason).toBeInstanceOf(WriteFailedError);
      expect(String((failure as PromiseRejectedResult).reason)).toContain('no space left on the disk');
    }
    expect(store.revision).toBe(revision);
    expect(await store.get(key('a'))).toEqual(kept);
    expect(await store.get(key('b'))).toBeUndefined();
    full.at = undefined;
    const created = await store.create(key('c'), value('c'));
    for await (const [event] of watch) {
      expect(event?.revision).toBe(created.modRevision);
      break;
    }
    await store.close();
    const again = await openOn({ at: undefined });
    expect((await again.list({ prefix: '/' })).items.map((item) => item.key)).toEqual([key('a'), key('c')]);
    expect(again.recovery).toMatchObject({ tornBytes: 0, damage: [] });
    await again.close();
  });

  test('keeps coalesced writes until it can store them', async () => {
    const full: { at: Failpoint | undefined } = { at: undefined };
    const store = await openOn(full);
    const first = await store.create(key('lease'), value('lease'), 'coalesced');
    await store.flush();
    full.at = at;
    const renewed = await store.update(key('lease'), value('lease', 20), first.modRevision, 'coalesced');
    await expect(store.flush()).rejects.toBeInstanceOf(WriteFailedError);
    full.at = undefined;
    await store.flush();
    await store.close();
    const again = await openOn({ at: undefined });
    expect(await again.get(key('lease'))).toEqual(renewed);
    await again.close();
  });
});

test('a compaction that finds no space leaves the journal in charge', async () => {
  const full: { at: Failpoint | undefined } = { at: 'snapshot.write.before' };
  const store = await openOn(full);
  await store.create(key('a'), value('a'));
  expect(await store.compact()).toBe(false);
  await store.create(key('b'), value('b'));
  full.at = undefined;
  expect(await store.compact()).toBe(true);
  await store.create(key('c'), value('c'));
  await store.close();
  const again = await openOn({ at: undefined });
  expect((await again.list({ prefix: '/' })).items.map((item) => item.key)).toEqual([key('a'), key('b'), key('c')]);
  await again.close();
});

/** A real small file system, where this process may mount one. */
function mountSmall(path: string): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', path], { stdio: 'ignore' });
    return true;
  } catch {
    // Root, but in a container that may not mount.
    return false;
  }
}

test('a really full file system is survived', async ({ skip }) => {
  if (!mountSmall(dir)) skip('a file system cannot be mounted here (needs root on Linux)');
  try {
    const store = await openOn({ at: undefined });
    await writeFile(join(dir, 'ballast'), 'x'.repeat(100_000));
    const stored: string[] = [];
    let failure: unknown;
    for (let index = 0; failure === undefined; index++) {
      const name = `n${String(index).padStart(3, '0')}`;
      failure = await store.create(key(name), value(name, 5_000)).then(
        () => void stored.push(key(name)),
        (error: unknown) => error,
      );
    }
    expect(failure).toBeInstanceOf(WriteFailedError);
    expect(stored.length).toBeGreaterThan(10);
    await rm(join(dir, 'ballast'));
    await store.create(key('z'), value('z', 5_000));
    await store.close();
    const again = await openOn({ at: undefined });
    expect((await again.list({ prefix: '/' })).items.map((item) => item.key)).toEqual([...stored, key('z')]);
    await again.close();
  } finally {
    // Lazily, so that a failed test that left the store open leaves no mount behind.
    execFileSync('umount', ['-l', dir]);
  }
});
