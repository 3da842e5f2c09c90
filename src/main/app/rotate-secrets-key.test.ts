import { cpSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openEmbeddedStore, type EmbeddedStore, type Failpoint } from '../store/embedded/index.ts';
import { readRecord } from '../store/embedded/record.ts';
import { silentLog } from '../store/embedded/test-log.ts';
import { openStore } from './open-store.ts';
import { rotateSecretsKey, type RotationStep } from './rotate-secrets-key.ts';
import { fileModeProtector, openSecretBox, SecretBox, writeKeys } from './secret-box.ts';
import { sealerOf } from './sealer.ts';

const clock = { now: () => Date.now() };
const deps = { protector: fileModeProtector, clock, log: silentLog };
const secret = (index: number): string => `/core/secrets/default/s${index}`;
const COUNT = 12;

let dir: string;
beforeEach(async () => (dir = await mkdtemp(join(tmpdir(), 'wheelhouse-rotate-'))));
afterEach(() => rm(dir, { recursive: true, force: true }));

const storeDir = (dataDir: string): string => join(dataDir, 'store');
const keyFile = (dataDir: string): string => join(dataDir, 'secrets.key');

async function make(dataDir: string): Promise<void> {
  const { storage, close } = await openStore({ dataDir, etcd: undefined }, deps);
  for (let index = 0; index < COUNT; index++)
    await storage.create(secret(index), { metadata: { name: `s${index}` }, data: { index } });
  await close();
}

/** Opens as a start of the control plane does, and reads every Secret. */
async function readAll(dataDir: string): Promise<number[]> {
  const { storage, close } = await openStore({ dataDir, etcd: undefined }, deps);
  const { items } = await storage.list({ prefix: '/core/secrets/' });
  await close();
  return items.map(({ value }) => (value['data'] as { index: number }).index).sort((a, b) => a - b);
}

/** Whether a sealed record on disk can be opened with this key alone. */
async function sealedWith(dataDir: string, key: Buffer): Promise<{ opened: number; refused: number }> {
  const box = new SecretBox([key]);
  const count = { opened: 0, refused: 0 };
  for (const name of await readdir(storeDir(dataDir))) {
    if (!/^(journal|snapshot)-/.test(name)) continue;
    const bytes = await readFile(join(storeDir(dataDir), name));
    for (let at = 0, read = readRecord(bytes, at); read; read = readRecord(bytes, at)) {
      at = read.next;
      if (read.record.sealed) count[box.isStale(read.record.key, read.record.text) ? 'refused' : 'opened']++;
    }
  }
  return count;
}

const all = Array.from({ length: COUNT }, (_, index) => index);
const keyOf = async (dataDir: string): Promise<Buffer> =>
  (await openSecretBox(keyFile(dataDir), fileModeProtector)).keys[0]!;

describe('a change of the key of Secrets', () => {
  test('leaves nothing on disk that the old key opens, and everything readable', async () => {
    await make(dir);
    const old = await keyOf(dir);
    const opened = await openStore({ dataDir: dir, etcd: undefined }, deps);
    await opened.rotateSecretsKey();
    await opened.storage.create(secret(99), { metadata: { name: 's99' }, data: { index: 99 } });
    await opened.close();
    const fresh = await keyOf(dir);
    expect(fresh.equals(old)).toBe(false);
    expect(await sealedWith(dir, old)).toMatchObject({ opened: 0 });
    expect(await sealedWith(dir, fresh)).toMatchObject({ refused: 0 });
    expect(await readAll(dir)).toEqual([...all, 99]);
  });

  test('goes on while Secrets are written', async () => {
    await make(dir);
    const opened = await openStore({ dataDir: dir, etcd: undefined }, deps);
    let writing = true;
    const writers = all.map(async (index) => {
      for (let step = 0; writing; step++) {
        const { modRevision } = (await opened.storage.get(secret(index)))!;
        await opened.storage.update(secret(index), { metadata: { name: 'x' }, data: { index, step } }, modRevision);
      }
    });
    const old = await keyOf(dir);
    await opened.rotateSecretsKey();
    writing = false;
    await Promise.all(writers);
    await opened.close();
    expect(await sealedWith(dir, old)).toMatchObject({ opened: 0 });
    expect(await readAll(dir)).toEqual(all);
  });

  test('killed at any instant loses no Secret, and is finished by the next start', async () => {
    const steps: (RotationStep | Failpoint)[] = [
      ...(['key.kept', 'values.resealed', 'key.dropped'] as const),
      ...(['append.before', 'fsync.after', 'rotate.before', 'rotate.after', 'snapshot.write.before'] as const),
      ...([
        'snapshot.rename.before',
        'snapshot.rename.after',
        'compaction.remove.before',
        'compaction.remove.after',
      ] as const),
    ];
    const origin = join(dir, 'origin');
    await make(origin);
    const old = await keyOf(origin);
    for (const step of steps)
      for (const passing of [1, 2]) {
        const at = join(dir, `${step}-${passing}`);
        const died = await rotateUntil(origin, at, step, passing);
        if (!died) continue;
        expect(await readAll(at), `${step} ${passing}`).toEqual(all);
        expect((await openSecretBox(keyFile(at), fileModeProtector)).keys, `${step} ${passing}`).toHaveLength(1);
        // Before the new key was kept there was no change to finish.
        const fresh = await keyOf(at);
        if (!fresh.equals(old)) expect(await sealedWith(at, old), `${step} ${passing}`).toMatchObject({ opened: 0 });
      }
  });
});

/**
 * Begins a rotation on a copy, and takes what is on disk at the given step: as a kill there would leave it. Resolves
 * false when the step was never come to.
 */
async function rotateUntil(origin: string, at: string, step: string, passing: number): Promise<boolean> {
  const work = `${at}.work`;
  await cp(origin, work, { recursive: true });
  let passed = 0;
  let copied = false;
  const failpoint = (name: string): void => {
    if (name !== step || ++passed !== passing) return;
    // Taken in one go; throwing keeps anything after this step from happening.
    cpSync(work, at, { recursive: true });
    copied = true;
    throw new Error('killed');
  };
  const box = await openSecretBox(keyFile(work), fileModeProtector);
  let armed = false;
  const store: EmbeddedStore = await openEmbeddedStore({
    dir: storeDir(work),
    log: silentLog,
    clock,
    options: { sealer: sealerOf(box), failpoint: (name) => armed && failpoint(name) },
  });
  armed = true;
  const rotation = rotateSecretsKey({
    box,
    keepKeys: (keys) => writeKeys(keyFile(work), fileModeProtector, keys),
    reseal: () => store.reseal(),
    failpoint,
  });
  await rotation.catch(() => undefined);
  armed = false;
  await store.close();
  await rm(join(storeDir(at), 'lock'), { force: true });
  return copied;
}
