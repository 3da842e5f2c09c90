import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { forbidden } from '../../shared/api/errors.ts';
import { SECRETS } from '../../shared/api/kinds.ts';
import { ApiClient } from '../../shared/client/api-client.ts';
import { MemoryApi } from '../../shared/testing/memory-api.ts';
import { aContainer, aPod } from '../pods/fixtures.ts';
import { ObjectSource } from './object-source.ts';

let directory: string;
let api: MemoryApi;
let source: ObjectSource;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'objects-'));
  api = new MemoryApi();
  const noTokens = { tokensOf: () => Promise.resolve(new Map()), prune: () => Promise.resolve() };
  source = new ObjectSource(new ApiClient(api, 'kubelet'), directory, noTokens);
  await new ApiClient(api, 'test').create(SECRETS, {
    metadata: { name: 'keys', namespace: 'default' },
    data: { k: 'eA==' },
  });
});
afterEach(() => rm(directory, { recursive: true }));

const offline = (): void => {
  api.intercept = () => {
    throw new Error('ECONNREFUSED');
  };
};

test('the copy on disk serves while the API is away, and only root may read it', async () => {
  await source.secret('default', 'keys');
  offline();
  expect((await source.secret('default', 'keys'))?.data).toEqual({ k: 'eA==' });
  const [file = ''] = await readdir(directory);
  expect((await stat(join(directory, file))).mode & 0o777).toBe(0o600);
});

test('what was never fetched cannot be had offline', async () => {
  offline();
  await expect(source.secret('default', 'keys')).rejects.toThrow('ECONNREFUSED');
});

test('what the API says is gone is gone, the copy too', async () => {
  await source.secret('default', 'keys');
  await new ApiClient(api, 'test').delete(SECRETS, { name: 'keys', namespace: 'default' });
  expect(await source.secret('default', 'keys')).toBeUndefined();
  expect(await readdir(directory)).toEqual([]);
});

test('copies go with the last pod that needs them', async () => {
  const env = [{ name: 'X', valueFrom: { secretKeyRef: { name: 'keys', key: 'k' } } }];
  const pod = aPod({ containers: [aContainer({ env })] });
  await source.referenced(pod);
  await source.prune([pod]);
  expect(await readdir(directory)).toHaveLength(1);
  await source.prune([]);
  expect(await readdir(directory)).toEqual([]);
});

test('pull secrets that are missing or refused are named, not fatal', async () => {
  api.intercept = ({ path }) => {
    if (path.endsWith('/locked')) throw forbidden(SECRETS, 'locked', 'no relationship');
  };
  const imagePullSecrets = [{ name: 'keys' }, { name: 'gone' }, { name: 'locked' }];
  const { secrets, missing } = await source.pullSecrets(aPod({ imagePullSecrets }));
  expect(secrets.map(({ metadata }) => metadata?.name)).toEqual(['keys']);
  expect(missing).toEqual(['gone', 'locked']);
});

test('offline, an image without secrets is still pulled', async () => {
  offline();
  expect(await source.pullSecrets(aPod())).toEqual({ secrets: [], missing: [] });
});
