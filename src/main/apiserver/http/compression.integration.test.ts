import { gunzipSync } from 'node:zlib';
import { request } from 'node:https';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CONFIG_MAPS } from '../../../shared/api/kinds.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

let api: TestServer;
beforeAll(async () => {
  api = await startTestServer();
  for (let index = 0; index < 8; index += 1)
    await api.client.create(CONFIG_MAPS, {
      metadata: { name: `big-${index}`, namespace: 'default' },
      data: { text: 'some text that is said again and again\n'.repeat(1000) },
    });
  await api.client.create(CONFIG_MAPS, {
    metadata: { name: 'huge', namespace: 'default' },
    data: { text: 'x'.repeat(200_000) },
  });
});
afterAll(async () => {
  await api.close();
});

interface Raw {
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

function get(path: string, encoding?: string, until?: (body: Buffer) => boolean): Promise<Raw> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port: api.server.port,
        path,
        ca: api.pki.caCertificate,
        agent: false,
        headers: {
          authorization: `Bearer ${api.tokens.adminToken}`,
          ...(encoding === undefined ? {} : { 'accept-encoding': encoding }),
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        const done = (): void => resolve({ headers: response.headers, body: Buffer.concat(chunks) });
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          if (!until?.(Buffer.concat(chunks))) return;
          done();
          sent.destroy();
        });
        response.on('end', done);
        response.on('error', (error) => (until ? undefined : reject(error)));
      },
    );
    sent.on('error', (error) => (until ? undefined : reject(error)));
    sent.end();
  });
}

const LIST = '/api/v1/namespaces/default/configmaps';

test.each([
  ['a list', LIST],
  ['one large object', `${LIST}/huge`],
])('%s is compressed for who takes it, and says the same', async (_what, path) => {
  const plain = await get(path);
  const zipped = await get(path, 'deflate, gzip');
  expect(plain.headers['content-encoding']).toBeUndefined();
  expect(zipped.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
  expect(zipped.body.length).toBeLessThan(plain.body.length / 5);
  expect(JSON.parse(gunzipSync(zipped.body).toString())).toEqual(JSON.parse(plain.body.toString()));
});

test('a small answer is not, nor one for who does not take it so', async () => {
  const small = await get(`${LIST}/big-0`, 'gzip');
  expect(small.headers['content-encoding']).toBeUndefined();
  expect(JSON.parse(small.body.toString())).toMatchObject({ metadata: { name: 'big-0' } });
  const page = await get(`${LIST}?limit=1`, 'gzip');
  expect(page.headers['content-encoding']).toBeUndefined();
  expect((JSON.parse(page.body.toString()) as { items: unknown[] }).items).toHaveLength(1);
  expect((await get(LIST, 'gzip;q=0')).headers['content-encoding']).toBeUndefined();
});

test('a watch never is', async () => {
  const watch = await get(`${LIST}?watch=true`, 'gzip', (body) => body.includes('"huge"'));
  expect(watch.headers['content-encoding']).toBeUndefined();
});

test('a client that leaves in the middle of a compressed list does no harm', async () => {
  for (let round = 0; round < 5; round += 1) await get(LIST, 'gzip', () => true);
  expect((await get(LIST, 'gzip')).headers['content-encoding']).toBe('gzip');
  expect(api.errors).toEqual([]);
});
