import { mkdir, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openIdentity } from './identity.ts';
import { fileModeProtector } from './secret-box.ts';
import { joinSharedIdentity, openSharedIdentity, SHARED_IDENTITY, shareKeys } from './shared-identity.ts';

const clock = { now: () => Date.now() };
const deps = { protector: fileModeProtector, clock };
const secret = 'a secret that both know';

/** What etcd does for values by name. */
class Shared {
  readonly values = new Map<string, { value: Buffer; modRevision: number }>();
  #revision = 0;
  get(name: string): Promise<{ value: Buffer; modRevision: number } | undefined> {
    return Promise.resolve(this.values.get(name));
  }
  put(name: string, value: Buffer, expected: number): Promise<boolean> {
    const fits = (this.values.get(name)?.modRevision ?? 0) === expected;
    if (fits) this.values.set(name, { value, modRevision: ++this.#revision });
    return Promise.resolve(fits);
  }
}

let dir: string;
let shared: Shared;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'wheelhouse-identity-'));
  shared = new Shared();
});
afterEach(() => rm(dir, { recursive: true }));

async function joined(name: string, word = secret): Promise<string> {
  const dataDir = join(dir, name);
  await mkdir(dataDir, { recursive: true });
  await joinSharedIdentity(shared, word, dataDir, deps);
  return dataDir;
}
const same = async (a: string, b: string): Promise<void> => {
  for (const file of ['pki/ca.key', 'pki/apiserver.key', 'pki/admin.token', 'cluster-id', 'secrets.key'])
    expect(await readFile(join(a, file)), file).toEqual(await readFile(join(b, file)));
};

test('control planes that start at the same moment become one cluster', async () => {
  const [one, two, three] = await Promise.all(['one', 'two', 'three'].map((name) => joined(name)));
  await same(one!, two!);
  await same(one!, three!);
  expect((await readdir(one!)).filter((name) => name.startsWith('.'))).toEqual([]);
});

test('a data directory that had a cluster of its own shares that one', async () => {
  const { clusterId } = await openIdentity(join(dir, 'old'), fileModeProtector, clock);
  const old = await joined('old');
  expect(await readFile(join(old, 'cluster-id'), 'utf8')).toBe(clusterId);
  await same(old, await joined('new'));
});

test('nothing of it can be read in etcd, or without the secret', async () => {
  const one = await joined('one');
  const { value } = shared.values.get(SHARED_IDENTITY)!;
  expect(value.includes('PRIVATE KEY')).toBe(false);
  expect(value.includes((await readFile(join(one, 'cluster-id'))).toString())).toBe(false);
  expect(() => openSharedIdentity(value, 'another secret')).toThrow('does not hold the join secret');
  await expect(joined('two', 'another secret')).rejects.toThrow('does not hold the join secret');
  expect(await readdir(join(dir, 'two'))).toEqual([]);
});

test('a key that is shared while another changes it is refused', async () => {
  await joined('one');
  const keys = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  await shareKeys(shared, secret, keys);
  const { secretsKeys } = openSharedIdentity(shared.values.get(SHARED_IDENTITY)!.value, secret);
  expect(secretsKeys).toEqual(keys.map((key) => key.toString('base64')));
  const racing = { get: (name: string) => shared.get(name), put: () => Promise.resolve(false) };
  await expect(shareKeys(racing, secret, keys)).rejects.toThrow('try again when it is done');
});
