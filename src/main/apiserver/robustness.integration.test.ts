import { connect as connectTcp } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jsonOfAnswer, rawRequest, type RawRequest } from './testing/https-client.ts';
import { closed, frame, FRAME, literal, rawHttp2, rawTls } from './testing/raw-http2.ts';
import { startTestServer, type TestServer } from './testing/test-server.ts';

let api: TestServer;
beforeAll(async () => {
  api = await startTestServer();
});
afterAll(async () => {
  expect(api.errors).toEqual([]);
  await api.close();
});

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const ready = async (): Promise<string> => (await rawRequest(api, { path: '/readyz' })).text;
const MEGABYTE = 1024 * 1024;

/** Writes pieces until the other side has had enough or there are no more; true when it ended the connection. */
async function flood(socket: TLSSocket, pieces: number, piece: (index: number) => Buffer): Promise<boolean> {
  let over = false;
  const ended = closed(socket).then(() => (over = true));
  for (let index = 0; index < pieces && !over; index += 1) {
    if (!socket.write(piece(index)))
      await Promise.race([ended, new Promise<void>((resolve) => socket.once('drain', () => resolve()))]);
  }
  const refused = over || (await Promise.race([ended, ready().then(() => over)]));
  socket.destroy();
  return refused;
}

describe.concurrent('a client that takes its time', () => {
  test('over the handshake is cut off', async () => {
    const silent = connectTcp(api.server.port, '127.0.0.1');
    const half = connectTcp(api.server.port, '127.0.0.1', () => half.write(Buffer.from('1603010200010001', 'hex')));
    for (const socket of [silent, half]) socket.resume();
    await Promise.all([closed(silent), closed(half)]);
  });

  test('over the headers of HTTP/1.1 is cut off, however it trickles', async () => {
    const socket = await rawTls(api, 'http/1.1');
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.write('GET /readyz HTTP/1.1\r\nHost: x\r\n');
    const trickle = setInterval(() => socket.write('x-more: 1\r\n'), 250);
    await closed(socket);
    clearInterval(trickle);
    expect(answer).toMatch(/^(HTTP\/1\.1 408 |$)/);
  });

  test('over the headers of HTTP/2 is cut off', async () => {
    const socket = await rawHttp2(api);
    socket.resume();
    // No END_HEADERS, and no CONTINUATION ever.
    socket.write(frame(FRAME.headers, 0, 1, literal(':method', 'GET')));
    await closed(socket);
  });
});

describe('a flood', () => {
  const request = (authorization: string): Buffer =>
    Buffer.concat([
      literal(':method', 'GET'),
      literal(':scheme', 'https'),
      literal(':path', '/api/v1/namespaces'),
      literal(':authority', 'x'),
      literal('authorization', authorization),
    ]);

  test.each<[string, number, (index: number) => Buffer]>([
    [
      'of CONTINUATION frames (CVE-2024-27983)',
      20_000,
      (index) =>
        index === 0
          ? frame(FRAME.headers, 0, 1, literal(':method', 'GET'))
          : frame(FRAME.continuation, 0, 1, Buffer.concat([literal(`x-${index}`, 'y'.repeat(100))])),
    ],
    [
      'of streams begun and reset (CVE-2023-44487)',
      20_000,
      (index) =>
        Buffer.concat([
          frame(FRAME.headers, 5, 2 * index + 1, request('Bearer x')),
          frame(FRAME.resetStream, 0, 2 * index + 1, Buffer.from([0, 0, 0, 8])),
        ]),
    ],
    ['of pings whose answers are not read (CVE-2019-9512)', 200_000, () => frame(FRAME.ping, 0, 0, Buffer.alloc(8))],
    ['of settings (CVE-2019-9515)', 200_000, () => frame(FRAME.settings, 0, 0)],
  ])('%s: the others are served, and memory stays', async (_name, pieces, piece) => {
    const socket = await rawHttp2(api);
    socket.pause();
    const before = process.memoryUsage().rss;
    await flood(socket, pieces, piece);
    expect(await ready()).toBe('ok');
    expect((process.memoryUsage().rss - before) / MEGABYTE).toBeLessThan(200);
  });

  test('of headers ends the connection or is 431', async () => {
    const big = 'y'.repeat(64 * 1024);
    const over1 = await rawRequest(api, { path: '/readyz', headers: { 'x-big': big } }).catch(() => ({ code: 431 }));
    expect(over1.code).toBe(431);
    const socket = await rawHttp2(api);
    socket.resume();
    const many = (index: number): Buffer =>
      index === 0
        ? frame(FRAME.headers, 1, 1, request('Bearer x'))
        : frame(FRAME.continuation, 0, 1, literal(`x-${index}`, 'y'.repeat(120)));
    expect(await flood(socket, 4000, many)).toBe(true);
  });

  test('of one body: ten megabytes are 413, of deep nesting 400', async () => {
    const post = (body: string, contentType = 'application/json'): RawRequest => ({
      method: 'POST',
      path: CONFIG_MAPS,
      headers: { 'content-type': contentType },
      body,
    });
    const deep = (open: string, close: string): string => open.repeat(100_000) + close.repeat(100_000);
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...'bcdefghi'.split('').map(
        (name, index) =>
          `${name}: &${name} [${Array(9)
            .fill(`*${'abcdefgh'[index] ?? 'a'}`)
            .join(',')}]`,
      ),
    ].join('\n');
    expect((await rawRequest(api, post('x'.repeat(10 * MEGABYTE))).catch(() => ({ code: 413 }))).code).toBe(413);
    for (const [body, type] of [
      [deep('[', ']'), 'application/json'],
      [deep('{"a":', '}'), 'application/json'],
      [deep('[', ']'), 'application/yaml'],
      [bomb, 'application/yaml'],
    ] as const) {
      const answer = await rawRequest(api, post(body, type));
      expect([type, body.slice(0, 10), answer.code]).toEqual([type, body.slice(0, 10), 400]);
      expect(jsonOfAnswer(answer)).toMatchObject({ kind: 'Status', reason: 'BadRequest' });
    }
  });
});

describe('a path that tries to be another', () => {
  test.each([
    '/api/v1/namespaces/default/secrets%2fx',
    '/api/v1/namespaces/default%2f..%2fkube-system/secrets',
    '/api/v1/namespaces/%2e%2e/secrets',
    '/api/v1//namespaces',
    '//api/v1/namespaces',
    '/api/v1/namespaces/default/configmaps/a%00b',
    '/api/v1/namespaces/default/configmaps/a%0d%0aX-Evil:%201',
    '/api/v1/namespaces/default/configmaps/%ff',
    '/api/v1/namespaces/default/configmaps/a%5cb',
  ])('%s is 400', async (path) => {
    const answer = await rawRequest(api, { path });
    expect([answer.code, answer.headers['x-evil']]).toEqual([400, undefined]);
  });

  test.each([
    ['/apis/example.org/v1/things', 404],
    ['/apis/apps/v9/deployments', 404],
    ['/api/v1/namespaces/default/nodes', 404],
    ['/api/v1/configmaps/x', 404],
    ['/api/v1/namespaces/default/configmaps/x/nothing', 404],
    ['/api/v1/namespaces/default/configmaps/x/status/more', 404],
    ['/API/v1/namespaces', 404],
    ['/api/v1/Namespaces', 404],
  ])('%s is %i', async (path, code) => {
    expect((await rawRequest(api, { path })).code).toBe(code);
  });
});

describe('an upgrade', () => {
  // CVE-2018-1002105: after a failed upgrade the connection must not go on as somebody else's.
  test('that fails ends the connection: nothing sent after it reaches anybody', async () => {
    const socket = await rawTls(api, 'http/1.1');
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    const head = [
      'GET /api/v1/namespaces/default/pods/none/exec?command=id HTTP/1.1',
      'Host: kubernetes',
      `Authorization: Bearer ${api.tokens.adminToken}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    ];
    const second = [
      'GET /api/v1/namespaces HTTP/1.1',
      'Host: kubernetes',
      `Authorization: Bearer ${api.tokens.adminToken}`,
    ];
    socket.write([...head, '', ...second, '', ''].join('\r\n'));
    await closed(socket);
    expect(answer.match(/^HTTP\/1\.1 \d+/gm)).toEqual(['HTTP/1.1 404']);
  });

  test('is for streams only: other paths answer as if they had not been asked to', async () => {
    const answer = await rawRequest(api, {
      path: '/api/v1/namespaces',
      headers: { connection: 'Upgrade', upgrade: 'websocket' },
    });
    expect([answer.code >= 400, answer.headers['upgrade']]).toEqual([true, undefined]);
  });

  test('two ways of saying how long a body is are refused', async () => {
    const socket = await rawTls(api, 'http/1.1');
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.write(
      `POST ${CONFIG_MAPS} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /api HTTP/1.1\r\nHost: x\r\n\r\n`,
    );
    await closed(socket);
    expect(answer.match(/^HTTP\/1\.1 \d+/gm)).toEqual(['HTTP/1.1 400']);
  });
});
