import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPki } from './index.ts';
import { join } from 'node:path';
import { jsonOfAnswer, rawRequest, type RawAnswer, type RawRequest } from './testing/https-client.ts';
import { startTestServer, type TestServer } from './testing/test-server.ts';

let api: TestServer;
beforeAll(async () => {
  api = await startTestServer();
});
afterAll(async () => {
  expect(api.errors).toEqual([]);
  await api.close();
});

const ask = (options: RawRequest): Promise<RawAnswer> => rawRequest(api, options);
const CM = '/api/v1/namespaces/default/configmaps';
const JSON_TYPE = { 'content-type': 'application/json' };

describe('who is let in', () => {
  test.each([
    ['no credentials', { token: null }],
    ['a wrong token', { token: 'x' }],
    ['a tampered token', { token: 'CHANGED' }],
  ])('%s: 401, whatever is asked for', async (name, credentials) => {
    const token = credentials.token === 'CHANGED' ? `${api.tokens.adminToken.slice(0, -1)}!` : credentials.token;
    for (const path of ['/api', '/version', '/healthz', '/metrics', CM, '/nothing']) {
      const answer = await ask({ path, token });
      expect([name, path, answer.code, jsonOfAnswer(answer)['reason']]).toEqual([name, path, 401, 'Unauthorized']);
    }
  });

  test('a certificate of our authority is its common name and organizations', async () => {
    const node = await api.pki.issueClientCertificate({
      commonName: 'system:node:n7',
      organizations: ['system:nodes', 'extra'],
    });
    const answer = await ask({ path: '/api/v1/secrets', token: null, key: node.key, cert: node.certificate });
    expect([answer.code, jsonOfAnswer(answer)['message']]).toEqual([
      403,
      'secrets is forbidden: User "system:node:n7" cannot list resource "secrets" in API group "" at the cluster scope: can only read namespaced object of this type',
    ]);
  });

  test('a certificate of another authority, or one made for serving, is nobody’s', async () => {
    const foreign = await openPki(join(api.directory, 'foreign'));
    const admin = await foreign.issueClientCertificate({ commonName: 'admin', organizations: ['system:masters'] });
    expect((await ask({ path: '/api', token: null, key: admin.key, cert: admin.certificate })).code).toBe(401);
    const { key, certificate } = api.pki.serving;
    expect((await ask({ path: '/api', token: null, key, cert: certificate })).code).toBe(401);
  });
});

describe('bad requests', () => {
  test.each<[string, RawRequest, number, string]>([
    ['an empty body', { method: 'POST', path: CM, headers: JSON_TYPE }, 400, 'the request has no body'],
    ['a truncated body', { method: 'POST', path: CM, headers: JSON_TYPE, body: '{"kind":"ConfigM' }, 400, ''],
    ['a body that is no object', { method: 'POST', path: CM, headers: JSON_TYPE, body: '[1]' }, 400, ''],
    ['a deep body', { method: 'POST', path: CM, headers: JSON_TYPE, body: '['.repeat(1_000_000) }, 400, ''],
    [
      'another kind',
      { method: 'POST', path: CM, headers: JSON_TYPE, body: '{"kind":"Secret","apiVersion":"v1"}' },
      400,
      '',
    ],
    [
      'a wrong type',
      {
        method: 'POST',
        path: CM,
        headers: JSON_TYPE,
        body: '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"x"},"data":{"a":1}}',
      },
      400,
      'json: cannot unmarshal number',
    ],
    [
      'another namespace',
      {
        method: 'POST',
        path: CM,
        headers: JSON_TYPE,
        body: '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"x","namespace":"other"}}',
      },
      400,
      'does not match the namespace',
    ],
    [
      'no name',
      { method: 'POST', path: CM, headers: JSON_TYPE, body: '{"kind":"ConfigMap","apiVersion":"v1"}' },
      422,
      'name or generateName is required',
    ],
    [
      'a media type nobody knows',
      { method: 'POST', path: CM, headers: { 'content-type': 'text/csv' }, body: 'a' },
      415,
      '',
    ],
    ['a patch of no type', { method: 'PATCH', path: `${CM}/x`, headers: JSON_TYPE, body: '{}' }, 415, ''],
    [
      'server-side apply by nobody',
      { method: 'PATCH', path: `${CM}/x`, headers: { 'content-type': 'application/apply-patch+yaml' }, body: '{}' },
      422,
      'fieldManager: Required value: is required for apply patch',
    ],
    [
      'broken protobuf',
      {
        method: 'POST',
        path: CM,
        headers: { 'content-type': 'application/vnd.kubernetes.protobuf' },
        body: 'k8s\0\x0a\x7f',
      },
      400,
      'protobuf',
    ],
    ['an encoded slash', { path: '/api/v1/namespaces/default%2Fpods' }, 400, 'invalid path'],
    ['a way up', { path: '/api/v1/namespaces/default/pods/../../secrets' }, 400, 'invalid path'],
    ['a selector that is none', { path: `${CM}?labelSelector=a%20b%20c` }, 400, 'unable to parse label selector'],
    [
      'a field that cannot be selected by',
      { path: `${CM}?fieldSelector=data.a%3Db` },
      400,
      'field label not supported: data.a',
    ],
    ['a revision that is none', { path: `${CM}?resourceVersion=abc` }, 400, 'invalid resourceVersion'],
    ['a token of no list', { path: `${CM}?continue=abc` }, 400, 'continue key is not valid'],
    ['only protobuf wanted', { path: CM, headers: { accept: 'application/vnd.kubernetes.protobuf' } }, 406, ''],
    ['POST to an object', { method: 'POST', path: `${CM}/x`, headers: JSON_TYPE, body: '{}' }, 405, ''],
    ['a method on a path', { method: 'POST', path: '/version' }, 405, ''],
  ])('%s', async (_name, options, code, message) => {
    const answer = await ask(options);
    expect(answer.code).toBe(code);
    expect(jsonOfAnswer(answer)).toMatchObject({ kind: 'Status', status: 'Failure', code });
    expect(jsonOfAnswer(answer)['message']).toContain(message);
  });

  test.each([
    '/nothing',
    '/api/v2',
    '/apis/foo/v1/bars',
    '/api/v1/foos',
    '/api/v1/namespaces/default/nodes',
    `${CM}/x/status`,
    '/openapi/v3/../x',
  ])('nothing is at %s', async (path) => {
    expect([400, 404]).toContain((await ask({ path })).code);
  });

  test('a body above three megabytes: 413, announced or not', async () => {
    const body = Buffer.alloc(3 * 1024 * 1024 + 1, 0x20);
    expect(
      (await ask({ method: 'POST', path: CM, headers: { ...JSON_TYPE, 'content-length': String(body.length) }, body }))
        .code,
    ).toBe(413);
    const session = connectHttp2(api.server.url, { ca: api.pki.caCertificate });
    const code = await new Promise<number>((resolve, reject) => {
      const stream = session.request({
        ':method': 'POST',
        ':path': CM,
        authorization: `Bearer ${api.tokens.adminToken}`,
        'content-type': 'application/json',
      });
      stream.on('response', (headers) => resolve(headers[':status'] ?? 0));
      stream.on('error', reject);
      stream.end(body);
    });
    session.destroy();
    expect(code).toBe(413);
  });
});

describe('connections', () => {
  test('HTTP/2 carries many requests at once', async () => {
    const session = connectHttp2(api.server.url, { ca: api.pki.caCertificate });
    const get = (): Promise<number> =>
      new Promise((resolve, reject) => {
        const stream = session.request({
          ':path': '/api/v1/namespaces',
          authorization: `Bearer ${api.tokens.adminToken}`,
        });
        stream.on('response', (headers) => resolve(headers[':status'] ?? 0));
        stream.on('error', reject);
        stream.resume();
      });
    expect(new Set(await Promise.all(Array.from({ length: 100 }, get)))).toEqual(new Set([200]));
    session.destroy();
  });

  test('a client that opens and resets streams without end does not stop the others', async () => {
    const session = connectHttp2(api.server.url, { ca: api.pki.caCertificate });
    session.on('error', () => undefined);
    for (let index = 0; index < 2000 && !session.destroyed; index += 1) {
      const stream = session.request({
        ':path': '/api/v1/namespaces',
        authorization: `Bearer ${api.tokens.adminToken}`,
      });
      stream.on('error', () => undefined);
      stream.close(8);
    }
    expect((await ask({ path: '/readyz' })).text).toBe('ok');
    session.destroy();
  });

  test('plain HTTP and noise on the port do no harm', async () => {
    await new Promise<void>((resolve) => {
      const socket = connectTcp(api.server.port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\n\r\n'));
      socket.on('error', () => undefined);
      socket.on('close', () => resolve());
    });
    expect((await ask({ path: '/readyz' })).text).toBe('ok');
  });

  test('a byte stream from a tunnel is served like a socket', async () => {
    const [near, far] = duplexPair();
    api.server.handleConnection(far);
    const node = await api.pki.issueClientCertificate({ commonName: 'system:node:t', organizations: ['system:nodes'] });
    const tls = connectTls({
      socket: near,
      servername: 'kubernetes',
      ca: api.pki.caCertificate,
      key: node.key,
      cert: node.certificate,
      ALPNProtocols: ['h2'],
    });
    await new Promise<void>((resolve, reject) => tls.once('secureConnect', resolve).once('error', reject));
    const session = connectHttp2('https://kubernetes', { createConnection: () => tls });
    const text = await new Promise<string>((resolve, reject) => {
      const stream = session.request({ ':path': '/api/v1/namespaces/default/secrets/other' });
      let body = '';
      stream.setEncoding('utf8');
      stream.on('data', (chunk: string) => (body += chunk));
      stream.on('end', () => resolve(body));
      stream.on('error', reject);
    });
    expect(text).toContain('User \\"system:node:t\\" cannot get resource \\"secrets\\"');
    session.destroy();
  });
});

/** Two ends of a connection in memory, as an SSH channel would be. */
function duplexPair(): [Duplex, Duplex] {
  const make = (peer: () => Duplex): Duplex =>
    new Duplex({
      read: () => undefined,
      write(chunk: Buffer, _encoding, done) {
        peer().push(chunk);
        done();
      },
      final(done) {
        peer().push(null);
        done();
      },
    });
  const near: Duplex = make(() => far);
  const far: Duplex = make(() => near);
  return [near, far];
}
