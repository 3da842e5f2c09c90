import { cp, mkdtemp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '../../store/embedded/test-log.ts';
import { CompactedError, type StoredObject, type StoredValue } from '../../store/storage.ts';
import { openStore, type OpenedStore } from '../open-store.ts';
import { fileModeProtector } from '../secret-box.ts';
import { BackupError, decodeBackup } from './backup-format.ts';
import { restoreBackup } from './restore.ts';
import { saveBackup, takeBackup } from './take-backup.ts';

const clock = { now: () => Date.now() };
const deps = { protector: fileModeProtector, clock, log: silentLog };
const passphrase = 'correct horse battery';
const secretKey = '/core/secrets/default/s';

let dir: string;
let dataDir: string;
const path = (name: string): string => join(dir, name);
const open = (at: string): Promise<OpenedStore> => openStore({ dataDir: at, etcd: undefined }, deps);
const object = (name: string, more: object = {}): StoredValue => ({ metadata: { name }, ...more });

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'wheelhouse-backup-'));
  dataDir = path('data');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function fill(storage: OpenedStore['storage']): Promise<StoredObject[]> {
  await storage.create(secretKey, object('s', { data: { word: 'aHVzaC1odXNo' } }));
  for (let index = 0; index < 30; index++)
    await storage.create(`/core/configmaps/default/c${index}`, object(`c${index}`, { data: { text: 'grüße, 你好' } }));
  const { modRevision } = (await storage.get('/core/configmaps/default/c3'))!;
  await storage.update('/core/configmaps/default/c3', object('c3', { data: { text: 'changed' } }), modRevision);
  return (await storage.list({ prefix: '' })).items;
}

/** A data directory with content, and a backup of it. */
async function backedUp(secret?: string): Promise<{ file: string; objects: StoredObject[]; revision: number }> {
  const { storage, identity, close } = await open(dataDir);
  const objects = await fill(storage);
  const file = path(`backup-${secret ?? 'plain'}`);
  await saveBackup(file, await takeBackup({ storage, dataDir, box: identity.box, clock }, secret));
  const { revision } = storage;
  await close();
  return { file, objects, revision };
}

const restore = (file: string, to: string, more: { passphrase?: string; force?: boolean } = {}) =>
  restoreBackup(file, to, { force: false, protector: fileModeProtector, clock, ...more });

describe('a backup', () => {
  test.each([undefined, passphrase])(
    'is restored as it was, with everything nodes rely on (passphrase: %s)',
    async (secret) => {
      const { file, objects, revision } = await backedUp(secret);
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      const restored = path('restored');
      await restore(file, restored, secret === undefined ? {} : { passphrase: secret });
      for (const kept of ['pki/ca.key', 'pki/ca.crt', 'pki/admin.token', 'cluster-id', 'secrets.key'])
        expect(await readFile(join(restored, kept)), kept).toEqual(await readFile(join(dataDir, kept)));
      const { storage, close } = await open(restored);
      expect((await storage.list({ prefix: '' })).items).toEqual(objects);
      expect(storage.revision).toBeGreaterThan(revision + 1_000_000);
      await close();
    },
  );

  test('that is restored never gives a revision again, and tells watchers of before to list', async () => {
    const { file } = await backedUp();
    const { storage: old, close: closeOld } = await open(dataDir);
    // Written after the backup, seen by clients, gone with the restore.
    const after = await old.create('/core/configmaps/default/late', object('late'));
    await closeOld();
    const restored = path('restored');
    await restore(file, restored);
    const { storage, close } = await open(restored);
    expect(() => storage.watch({ prefix: '/', afterRevision: after.modRevision })).toThrow(CompactedError);
    await expect(storage.list({ prefix: '/', revision: after.modRevision })).rejects.toBeInstanceOf(CompactedError);
    const next = await storage.create('/core/configmaps/default/next', object('next'));
    expect(next.modRevision).toBeGreaterThan(after.modRevision);
    await close();
  });

  test('shows no Secret, and with a passphrase no key', async () => {
    const { gunzipSync } = await import('node:zlib');
    const plain = gunzipSync(await readFile((await backedUp()).file)).toString();
    expect(plain).not.toContain('aHVzaC1odXNo');
    expect(plain).toContain('BEGIN PRIVATE KEY');
    await rm(dataDir, { recursive: true });
    const sealed = gunzipSync(await readFile((await backedUp(passphrase)).file)).toString();
    expect(sealed).not.toContain('PRIVATE KEY');
    expect(sealed).not.toContain('aHVzaC1odXNo');
  });

  test('is consistent while writes go on', async () => {
    const { storage, identity, close } = await open(dataDir);
    const [first, second] = ['/core/configmaps/default/a', '/core/configmaps/default/z'];
    for (const key of [first, second]) await storage.create(key, object('x', { step: 0 }));
    let writing = true;
    const writer = (async () => {
      // The second is never ahead of the first, at any revision.
      for (let step = 1; writing; step++)
        for (const key of [first, second]) {
          const { modRevision } = (await storage.get(key))!;
          await storage.update(key, object('x', { step }), modRevision);
        }
    })();
    for (let round = 0; round < 20; round++) {
      const file = path(`round-${round}`);
      await saveBackup(file, await takeBackup({ storage, dataDir, box: identity.box, clock }));
      const { objects, revision } = await decodeBackup(await readFile(file), undefined);
      const [a, z] = [first, second].map((key) => objects.find((each) => each.key === key)!.value['step'] as number);
      expect([a! - z!, a! - z! - 1]).toContain(0);
      expect(Math.max(...objects.map(({ modRevision }) => modRevision))).toBe(revision);
    }
    writing = false;
    await writer;
    await close();
  });

  test('does not overwrite another, and leaves nothing half-written', async () => {
    const { file } = await backedUp();
    const before = await readFile(file);
    // eslint-disable-next-line require-yield -- it fails before it has anything.
    async function* broken(): AsyncGenerator<Buffer> {
      await Promise.reject(new Error('the disk is gone'));
    }
    await expect(saveBackup(file, broken())).rejects.toThrow('is there already');
    await expect(saveBackup(path('new'), broken())).rejects.toThrow('the disk is gone');
    expect(await readFile(file)).toEqual(before);
    expect((await readdir(dir)).sort()).toEqual(['backup-plain', 'data']);
  });
});

describe('a restore', () => {
  test('leaves a directory that holds something alone, or sets it aside', async () => {
    const { file, objects } = await backedUp();
    const occupied = path('occupied');
    await mkdir(occupied);
    await writeFile(join(occupied, 'precious'), 'x');
    await expect(restore(file, occupied)).rejects.toThrow(`${occupied} is not empty`);
    expect(await readdir(occupied)).toEqual(['precious']);
    const { setAside } = await restore(file, occupied, { force: true });
    expect(await readFile(join(setAside!, 'precious'), 'utf8')).toBe('x');
    const { storage, close } = await open(occupied);
    expect((await storage.list({ prefix: '' })).items).toEqual(objects);
    await close();
  });

  test('over a running control plane is refused, even with force', async () => {
    const { file } = await backedUp();
    const running = await open(dataDir);
    await expect(restore(file, dataDir, { force: true })).rejects.toThrow('in use by process');
    expect(await running.storage.count('/core/configmaps/')).toBe(30);
    await running.close();
  });

  test.each([
    ['another passphrase', passphrase, { passphrase: 'something else entirely' }, 'made with another passphrase'],
    ['no passphrase', passphrase, {}, 'made with a passphrase; name its file'],
  ])('with %s says so and changes nothing', async (_what, secret, options, message) => {
    const { file } = await backedUp(secret);
    await expect(restore(file, path('to'), options)).rejects.toThrow(message);
    expect(await readdir(dir)).not.toContain('to');
  });

  test('of what is no backup says so', async () => {
    for (const [name, bytes] of [
      ['text', Buffer.from('hello, I am a text')],
      ['empty', Buffer.alloc(0)],
      ['zipped', (await import('node:zlib')).gzipSync('{"format":"something"}\n{}')],
    ] as const) {
      await writeFile(path(name), bytes);
      await expect(restore(path(name), path('to')), name).rejects.toThrow('it is not a Wheelhouse backup');
    }
    await expect(restore(path('absent'), path('to'))).rejects.toThrow('there is no such file');
    expect(await readdir(dir)).not.toContain('to');
  });

  test('of a file cut at any byte, or with any bit changed, is refused with a sentence and changes nothing', async () => {
    const { file } = await backedUp();
    const whole = await readFile(file);
    const intact = await decodeBackup(whole, undefined);
    await cp(dataDir, path('untouched'), { recursive: true });
    const hurt = fc.oneof(
      fc.nat(whole.length - 1).map((size) => whole.subarray(0, size)),
      fc.tuple(fc.nat(whole.length - 1), fc.nat(7)).map(([at, bit]) => {
        const bytes = Buffer.from(whole);
        bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << bit), at);
        return bytes;
      }),
    );
    await fc.assert(
      fc.asyncProperty(hurt, async (bytes) => {
        const backup = await decodeBackup(bytes, undefined).catch((error: unknown) => error);
        // Some bits of gzip mean nothing to its content: of the header, and those that fill up its last byte.
        if (!(backup instanceof BackupError)) expect(backup).toEqual(intact);
      }),
      { numRuns: 150 },
    );
    await writeFile(path('hurt'), whole.subarray(0, whole.length - 9));
    await expect(restore(path('hurt'), path('to'))).rejects.toThrow(
      `${path('hurt')} cannot be restored: it is cut short`,
    );
    expect(await readdir(dir)).not.toContain('to');
  });
});
