import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CONFIG_MAPS, type ConfigMap } from '../../shared/api/kinds.ts';
import { nameOf } from '../../shared/api/meta.ts';
import { ApiClient } from '../../shared/client/api-client.ts';
import { MemoryApi } from '../../shared/testing/memory-api.ts';
import { ObjectMirror } from './object-mirror.ts';

let directory: string;
let api: MemoryApi;
let mirror: ObjectMirror<ConfigMap>;
const silent = (): void => undefined;
const log = { debug: silent, info: silent, warn: silent, error: silent };

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mirror-'));
  api = new MemoryApi();
});
afterEach(async () => {
  await mirror.stop();
  await rm(directory, { recursive: true });
});

const file = (): string => join(directory, 'maps.json');
function open(): ObjectMirror<ConfigMap> {
  const indexers = { colour: ({ data }: ConfigMap) => [data?.['colour'] ?? ''] };
  mirror = new ObjectMirror(new ApiClient(api, 'kubelet'), CONFIG_MAPS, { file: file(), indexers, log });
  return mirror;
}
const create = (name: string): Promise<ConfigMap> =>
  new ApiClient(api, 'test').create(CONFIG_MAPS, {
    metadata: { name, namespace: 'default', managedFields: [{ manager: 'x' }] },
    data: { colour: 'red' },
  });
const seen = (): string[] => [...mirror.list(), ...mirror.byIndex('colour', 'red')].map(nameOf);

test('what is mirrored when it stops is there when it starts without an API server', async () => {
  await create('one');
  await open().start();
  await expect.poll(seen).toEqual(['one', 'one']);
  await mirror.stop();
  api.intercept = () => {
    throw new Error('ECONNREFUSED');
  };
  await open().start();
  expect(mirror.isKnown).toBe(true);
  expect(seen()).toEqual(['one', 'one']);
  expect(mirror.get('default/one')?.metadata?.managedFields).toBeUndefined();
});

test('the API server’s answer takes the copy’s place, and tells of what is gone', async () => {
  await writeFile(
    file(),
    JSON.stringify([{ metadata: { name: 'old', namespace: 'default' }, data: { colour: 'red' } }]),
  );
  await create('new');
  const told: string[] = [];
  open().onDidChange((object) => told.push(nameOf(object)));
  await mirror.start();
  await expect.poll(seen).toEqual(['new', 'new']);
  expect(told).toEqual(['old', 'old', 'new']);
  expect(mirror.get('default/old')).toBeUndefined();
});

test('with neither a copy nor an API server nothing is known', async () => {
  await writeFile(file(), '[{"torn');
  api.intercept = () => {
    throw new Error('ECONNREFUSED');
  };
  await open().start();
  expect([mirror.isKnown, seen()]).toEqual([false, []]);
});
