import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { aContainer, aPod } from '../pods/fixtures.ts';
import { writePayload } from './atomic-writer.ts';
import { payloadOf, type Payload } from './payload.ts';

const around = { podIp: '10.244.1.2', hostIp: '192.0.2.1', allocatable: { milliCpu: 2000, memoryBytes: 2 ** 31 } };
const objects = {
  configMaps: new Map([['site', { data: { 'index.html': '<h1>' }, binaryData: { logo: 'AAE=' } }]]),
  secrets: new Map([['keys', { data: { token: Buffer.from('t').toString('base64') } }]]),
  tokens: new Map([
    ['3607/', { token: 'for the API' }],
    ['600/vault', { error: 'the API is away' }],
  ]),
};
type Volume = Parameters<typeof payloadOf>[1];

const filesOf = (volume: Omit<Volume, 'name'>): Record<string, string> => {
  const files = payloadOf(aPod(), { name: 'v', ...volume }, objects, around) ?? new Map();
  return Object.fromEntries([...files].map(([path, { content, mode }]) => [path, `${mode.toString(8)} ${content}`]));
};

describe('the files of a volume', () => {
  test('are every key of a ConfigMap', () => {
    expect(filesOf({ configMap: { name: 'site' } })).toEqual({ 'index.html': '644 <h1>', logo: '644 \0\x01' });
  });
  test('or the chosen ones, where and with what mode they are wanted', () => {
    const items = [{ key: 'token', path: 'deep/name', mode: 0o400 }];
    expect(filesOf({ secret: { secretName: 'keys', items } })).toEqual({ 'deep/name': '400 t' });
  });
  test('of several sources together', () => {
    const sources = [
      { secret: { name: 'keys' } },
      { configMap: { name: 'gone', optional: true } },
      { downwardAPI: { items: [{ path: 'me', fieldRef: { fieldPath: 'metadata.name' } }] } },
    ];
    expect(filesOf({ projected: { sources, defaultMode: 0o440 } })).toEqual({ token: '440 t', me: '440 web' });
  });
  test('of the pod’s own account: readable by whoever the pod is known to run as, or by all', () => {
    const volume = (spec: NonNullable<Parameters<typeof aPod>[0]>): unknown => {
      const sources = [{ serviceAccountToken: { path: 'token', expirationSeconds: 3607 } }];
      const file = payloadOf(aPod(spec), { name: 'v', projected: { sources } }, objects, around)?.get('token');
      return file && [file.content.toString(), file.mode.toString(8), file.owner];
    };
    expect(volume({})).toEqual(['for the API', '644', undefined]);
    expect(volume({ securityContext: { fsGroup: 7 } })).toEqual(['for the API', '600', undefined]);
    expect(volume({ securityContext: { runAsUser: 1000 } })).toEqual(['for the API', '600', 1000]);
    const other = aContainer({ name: 'other', securityContext: { runAsUser: 1001 } });
    const containers = [aContainer(), other];
    expect(volume({ securityContext: { runAsUser: 1000 }, containers })).toEqual(['for the API', '644', undefined]);
  });

  test.each([
    [
      'failed to fetch token: the API is away',
      { projected: { sources: [{ serviceAccountToken: { path: 't', audience: 'vault', expirationSeconds: 600 } }] } },
    ],
    ['configmap "gone" not found', { configMap: { name: 'gone' } }],
    ['secret "gone" not found', { secret: { secretName: 'gone' } }],
    ['references non-existent secret key: no', { secret: { secretName: 'keys', items: [{ key: 'no', path: 'x' }] } }],
  ])('say: %s', (message, volume) => {
    expect(() => filesOf(volume)).toThrow(message);
  });
});

describe('writing them', () => {
  let directory: string;
  beforeEach(async () => void (directory = await mkdtemp(join(tmpdir(), 'volume-'))));
  afterEach(() => rm(directory, { recursive: true }));
  const payload = (files: Record<string, string>): Payload =>
    new Map(Object.entries(files).map(([path, text]) => [path, { content: Buffer.from(text), mode: 0o644 }]));
  const visible = async (): Promise<string[]> =>
    (await readdir(directory)).filter((name) => !name.startsWith('..')).sort();

  test('replaces all of them at once and leaves nothing old', async () => {
    expect(await writePayload(directory, payload({ a: '1', 'sub/b': '2' }))).toBe(true);
    expect(await readFile(join(directory, 'sub/b'), 'utf8')).toBe('2');
    expect(await writePayload(directory, payload({ a: '1', 'sub/b': '2' }))).toBe(false);
    expect(await writePayload(directory, payload({ a: 'new', c: '3' }))).toBe(true);
    expect(await readFile(join(directory, 'a'), 'utf8')).toBe('new');
    expect(await visible()).toEqual(['a', 'c']);
    expect((await readdir(directory)).filter((name) => name.startsWith('..'))).toHaveLength(2);
  });

  test('cannot be led out of the volume', async () => {
    await writePayload(directory, payload({ '../../escaped': 'x' }));
    expect(await readdir(join(directory, '..'))).not.toContain('escaped');
  });
});
