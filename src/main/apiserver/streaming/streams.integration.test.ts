import { createServer, type AddressInfo, type Server } from 'node:net';
import { duplexPair, type Duplex } from 'node:stream';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { NODES, PODS, type Node, type Pod } from '../../../shared/api/kinds.ts';
import { startFakeKubelet, type FakeKubelet } from '../testing/fake-kubelet.ts';
import { SpdyTestClient } from '../testing/spdy-client.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

const PODS_PATH = '/api/v1/namespaces/default/pods';
const TUNNEL = 'SPDY/3.1+portforward.k8s.io';

let kubelet: FakeKubelet;
let api: TestServer;
let greeter: Server;
let port: number;
const open: { destroy(): void }[] = [];
/** Connections to the kubelet that are open now. */
const dialed = new Set<Duplex>();

beforeAll(async () => {
  kubelet = await startFakeKubelet();
  api = await startTestServer({
    dialNode: async (node) => {
      const socket = await kubelet.dial(node);
      dialed.add(socket);
      return socket.on('close', () => dialed.delete(socket));
    },
  });
  greeter = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.write('hello ');
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => greeter.listen(0, '127.0.0.1', resolve));
  port = (greeter.address() as AddressInfo).port;
  await api.client.create(NODES, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } } as Node);
  for (const [name, nodeName] of [
    ['web', 'n1'],
    ['waiting', ''],
  ]) {
    const container = { name: 'app', image: 'nginx' };
    const pod = await api.client.create(PODS, {
      metadata: { name, namespace: 'default' },
      spec: { containers: [container], ...(nodeName ? { nodeName } : {}) },
    } as Pod);
    const state = nodeName ? { running: { startedAt: '2025-01-01T00:00:00Z' } } : { waiting: {} };
    const containerStatuses = [{ ...container, ready: true, restartCount: 0, imageID: '', state }];
    await api.client.updateStatus(PODS, { ...pod, status: { ...pod.status, phase: 'Running', containerStatuses } });
  }
});
afterEach(() => {
  for (const each of open.splice(0)) each.destroy();
});
afterAll(async () => {
  greeter.close();
  await api.close();
  await kubelet.close();
});

interface Answer {
  code: number;
  /** Of the Status in the body, when it is a refusal. */
  message: string;
  headers: string;
  socket: TLSSocket;
}

/** Asks for another protocol, and reads what is said before it. */
async function upgrade(path: string, headers: Record<string, string>, token = api.tokens.adminToken): Promise<Answer> {
  const socket = connectTls({ port: api.server.port, host: '127.0.0.1', ca: api.pki.caCertificate });
  open.push(socket);
  const all = { host: 'test', connection: 'Upgrade', authorization: `Bearer ${token}`, ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  socket.write(`POST ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
  let text = '';
  while (!text.includes('\r\n\r\n')) {
    const chunk = socket.read() as Buffer | null;
    if (chunk) text += chunk.toString('latin1');
    else await new Promise((resolve) => socket.once('readable', resolve));
  }
  const [head = '', body = ''] = text.split('\r\n\r\n');
  const code = Number(head.split(' ')[1]);
  const message = code === 101 ? '' : (JSON.parse(body) as { message: string }).message;
  return { code, message, headers: head, socket };
}

const spdy = (...protocols: string[]): Record<string, string> => ({
  upgrade: 'SPDY/3.1',
  ...(protocols.length > 0 ? { 'x-stream-protocol-version': protocols.join(', ') } : {}),
});
const until = (holds: () => boolean): Promise<void> => vi.waitFor(() => expect(holds()).toBe(true));
const text = (client: SpdyTestClient, id: number): string => client.stream(id).bytes.toString();

describe('an upgrade that cannot be', () => {
  test.each([
    [
      'exec?command=sh&stdout=1',
      spdy('v9.channel.k8s.io'),
      403,
      'client supports [v9.channel.k8s.io], server accepts [v4',
    ],
    ['portforward', spdy('v4.channel.k8s.io'), 403, 'server accepts [portforward.k8s.io]'],
    ['portforward', { upgrade: 'h2c' }, 400, 'unable to upgrade: "h2c" is neither websocket nor SPDY/3.1'],
    ['portforward', { upgrade: 'websocket', 'sec-websocket-protocol': 'chat' }, 400, 'client supports [chat]'],
    ['log', spdy(), 400, 'upgrades are not served at'],
  ])('%s is refused in words', async (subresource, headers: Record<string, string>, code, message) => {
    const answer = await upgrade(`${PODS_PATH}/web/${subresource}`, headers);
    expect(answer.code).toBe(code);
    expect(answer.message).toContain(message);
  });

  test('of a pod without a machine, or of none, is refused in words', async () => {
    expect(await upgrade(`${PODS_PATH}/waiting/portforward`, spdy())).toMatchObject({
      code: 400,
      message: 'pod waiting does not have a host assigned',
    });
    expect(await upgrade(`${PODS_PATH}/none/portforward`, spdy())).toMatchObject({
      code: 404,
      message: 'pods "none" not found',
    });
  });

  test('needs to be allowed', async () => {
    expect((await upgrade(`${PODS_PATH}/web/portforward`, spdy(), 'wrong')).code).toBe(401);
  });

  test('and a request without one are told apart', async () => {
    const request = { method: 'GET', path: `${PODS_PATH}/web/portforward` } as const;
    await expect(api.client.transport.request(request)).rejects.toThrow(
      'unable to upgrade: missing upgrade headers in request',
    );
  });
});

test('discovery lists the subresource', async () => {
  const list = await api.client.transport.request({ method: 'GET', path: '/api/v1' });
  expect(JSON.stringify(list)).toContain('"pods/portforward"');
});

describe('exec over SPDY', () => {
  const begin = async (...protocols: string[]): Promise<{ client: SpdyTestClient; answer: Answer }> => {
    const path = `${PODS_PATH}/web/exec?command=tr&stdin=true&stdout=true`;
    const answer = await upgrade(path, spdy(...protocols));
    return { client: new SpdyTestClient(answer.socket), answer };
  };

  test('is spoken in the best version both know', async () => {
    const { answer } = await begin('v5.channel.k8s.io', 'v4.channel.k8s.io', 'channel.k8s.io');
    expect(answer.headers).toMatch(/upgrade: SPDY\/3\.1\r\nx-stream-protocol-version: v4\.channel\.k8s\.io/i);
  });

  test('ends with a Status since v4, with words before', async () => {
    const said: string[] = [];
    for (const protocol of ['v4.channel.k8s.io', 'v2.channel.k8s.io', '']) {
      const { client } = await begin(...(protocol ? [protocol] : []));
      const [error, stdin, stdout] = [
        await client.open({ streamtype: 'error' }),
        await client.open({ streamtype: 'stdin' }),
        await client.open({ streamtype: 'stdout' }),
      ];
      client.send(stdin, 'abc', true);
      await until(() => client.stream(error).ended && client.stream(stdout).ended);
      expect(text(client, stdout)).toBe('ABC');
      said.push(text(client, error));
    }
    const [v4 = '', ...older] = said;
    expect(JSON.parse(v4)).toMatchObject({ reason: 'NonZeroExitCode' });
    expect(older).toEqual(['command terminated with non-zero exit code', 'command terminated with non-zero exit code']);
  });

  test('refuses streams that were not asked for, or twice', async () => {
    const { client } = await begin('v4.channel.k8s.io');
    const first = await client.open({ streamtype: 'stdin' });
    const others = [
      await client.open({ streamtype: 'stdin' }),
      await client.open({ streamtype: 'stderr' }),
      await client.open({ streamtype: 'resize' }),
      await client.open({}),
    ];
    await until(() => others.every((id) => client.stream(id).reset));
    expect(client.stream(first).reset).toBe(false);
  });

  test('does not leave the command behind when the client goes', async () => {
    const { client, answer } = await begin('v4.channel.k8s.io');
    for (const streamtype of ['error', 'stdin', 'stdout']) await client.open({ streamtype });
    await until(() => dialed.size > 0);
    answer.socket.destroy();
    await until(() => dialed.size === 0);
  });
});

describe('a port-forward', () => {
  const begin = async (): Promise<SpdyTestClient> =>
    new SpdyTestClient((await upgrade(`${PODS_PATH}/web/portforward`, spdy('portforward.k8s.io'))).socket);
  const pair = async (client: SpdyTestClient, more: Record<string, string>): Promise<[error: number, data: number]> => [
    await client.open({ streamtype: 'error', port: String(port), ...more }),
    await client.open({ streamtype: 'data', port: String(port), ...more }),
  ];

  test('joins the streams of one request id, or of neighbours when there is none', async () => {
    const client = await begin();
    const [error, data] = await pair(client, { requestid: '0' });
    const [oldError, oldData] = await pair(client, {});
    client.send(data, 'new', true);
    client.send(oldData, 'old', true);
    await until(() => [error, data, oldError, oldData].every((id) => client.stream(id).ended));
    expect([error, data, oldError, oldData].map((id) => text(client, id))).toEqual(['', 'hello new', '', 'hello old']);
  });

  test('refuses streams that name no port, no type, or a pair that is full', async () => {
    const client = await begin();
    await client.open({ streamtype: 'error', port: String(port), requestid: '1' });
    const refused = [
      await client.open({ streamtype: 'error', port: String(port), requestid: '1' }),
      await client.open({ streamtype: 'data', port: '0', requestid: '2' }),
      await client.open({ streamtype: 'data', port: '65536', requestid: '3' }),
      await client.open({ streamtype: 'data', port: 'http', requestid: '4' }),
      await client.open({ streamtype: 'stdin', port: '80', requestid: '5' }),
    ];
    await until(() => refused.every((id) => client.stream(id).reset));
  });

  test('lets go of its connections when the client goes', async () => {
    const { socket } = await upgrade(`${PODS_PATH}/web/portforward`, spdy('portforward.k8s.io'));
    const client = new SpdyTestClient(socket);
    const [, data] = await pair(client, { requestid: '0' });
    await until(() => text(client, data) === 'hello ');
    expect(dialed.size).toBeGreaterThan(0);
    socket.destroy();
    await until(() => dialed.size === 0);
  });

  test('goes through a WebSocket, however its messages cut the frames', async () => {
    const socket = new WebSocket(`wss://127.0.0.1:${api.server.port}${PODS_PATH}/web/portforward`, {
      ca: api.pki.caCertificate,
      headers: { authorization: `Bearer ${api.tokens.adminToken}`, 'sec-websocket-protocol': TUNNEL },
    });
    open.push({ destroy: () => socket.terminate() });
    let protocol: unknown;
    // The client library of this test, too, takes a protocol with a slash for an error; the answer is judged here.
    socket.on('upgrade', (response) => {
      protocol = response.headers['sec-websocket-protocol'];
      delete response.headers['sec-websocket-protocol'];
    });
    await new Promise<void>((resolve, reject) => socket.on('open', resolve).on('error', reject));
    expect(protocol).toBe(TUNNEL);
    const [ours, theirs] = duplexPair();
    theirs.on('data', (chunk: Buffer) => {
      for (const byte of chunk) socket.send(Buffer.of(byte));
    });
    socket.on('message', (data: Buffer) => theirs.write(data));
    const client = new SpdyTestClient(ours);
    const [error, data] = await pair(client, { requestid: '0' });
    client.send(data, 'tunnel', true);
    await until(() => client.stream(error).ended && client.stream(data).ended);
    expect(text(client, data)).toBe('hello tunnel');
  });
});

test('nothing has failed inside', () => {
  expect(api.errors).toEqual([]);
});
