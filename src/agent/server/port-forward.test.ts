import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { Pod } from '../../shared/api/kinds.ts';
import type { ObservedPod } from '../runtime/observed.ts';
import { eventually, SILENT } from '../testing.ts';
import { KubeletServer } from './kubelet-server.ts';
import { podConnector } from './pod-connection.ts';
import { TargetFinder } from './target.ts';

let directory: string;
let path: string;
let kubelet: KubeletServer;
let sandboxRuns: boolean;
const servers: Server[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'wheelhouse-forward-'));
  path = join(directory, 'agent.sock');
  sandboxRuns = true;
  kubelet = new KubeletServer({
    docker: {} as Docker,
    targets: new TargetFinder(
      (_namespace, name) => (name === 'web' ? ({ metadata: { uid: 'u' } } as Pod) : undefined),
      () =>
        Promise.resolve({
          sandboxes: [{ id: 'sandbox-1', pid: process.pid, running: sandboxRuns }],
        } as unknown as ObservedPod),
    ),
    // The namespace this test is in already.
    connectInPod: podConnector(() => []),
    pods: () => [],
    stats: () => Promise.reject(new Error('not measured here')),
    runningPods: () => Promise.resolve([]),
    metrics: () => Promise.resolve(undefined),
    configz: () => ({}),
    volumeDirectories: { make: () => Promise.resolve(''), remove: () => Promise.resolve() },
    problem: () => undefined,
    clock: { now: () => 0 },
    log: SILENT,
  });
  await kubelet.listen(path, process.getuid?.() ?? 0);
});
afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
  await kubelet.close();
  await rm(directory, { recursive: true, force: true });
});

async function serve(onConnection: (socket: Socket) => void): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, onConnection);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function unusedPort(): Promise<number> {
  const port = await serve(() => undefined);
  await new Promise<void>((resolve) => servers.pop()?.close(() => resolve()));
  return port;
}

interface Seen {
  text: string;
  bytes: Buffer;
  /** Whether the end of the pod's direction came before the close. */
  ended: boolean;
  code: number;
}

/** Opens a forwarded connection, sends `input` and its end, and tells what came back. */
function exchange(pod: string, port: number | string, input?: Buffer): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws+unix:${path}:/portForward/default/${pod}?port=${port}`, ['v5.channel.k8s.io']);
    const chunks: Buffer[] = [];
    let ended = false;
    socket.on('open', () => {
      if (!input) return;
      for (let at = 0; at < input.length; at += 100_000)
        socket.send(Buffer.concat([Buffer.of(0), input.subarray(at, at + 100_000)]));
      socket.send(Buffer.of(255, 0));
    });
    socket.on('message', (data: Buffer) => {
      if (data[0] === 0) chunks.push(data.subarray(1));
      else if (data[0] === 255 && data[1] === 0) ended = true;
    });
    socket.on('unexpected-response', (_request, response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve({ text, bytes: Buffer.alloc(0), ended, code: response.statusCode ?? 0 }));
    });
    socket.on('error', reject);
    socket.on('close', (code) => {
      const bytes = Buffer.concat(chunks);
      resolve({ text: bytes.length < 1000 ? bytes.toString() : '', bytes, ended, code });
    });
  });
}

describe('a forwarded port', () => {
  test('carries 3 MB both ways at once, and its end', async () => {
    const port = await serve((socket) => socket.pipe(socket));
    const input = randomBytes(3 * 1024 * 1024);
    const { bytes, ended, code } = await exchange('web', port, input);
    expect({ same: bytes.equals(input), ended, code }).toEqual({ same: true, ended: true, code: 1000 });
  });

  test('loses nothing of a server that speaks first, and may still be answered after the server has ended', async () => {
    const heard: Buffer[] = [];
    const port = await serve((socket) => {
      socket.end('welcome');
      socket.on('data', (chunk: Buffer) => heard.push(chunk));
    });
    const { text, ended, code } = await exchange('web', port, Buffer.from('thanks'));
    expect({ text, ended, code }).toEqual({ text: 'welcome', ended: true, code: 1000 });
    await eventually('the server has heard the answer', () => Promise.resolve(heard.length > 0));
    expect(Buffer.concat(heard).toString()).toBe('thanks');
  });

  test('that breaks is not taken for one that ended', async () => {
    const port = await serve((socket) => socket.once('data', () => socket.resetAndDestroy()));
    expect(await exchange('web', port, Buffer.from('x'))).toMatchObject({ ended: false, code: 1011 });
  });

  test('lets go of the server when the client goes', async () => {
    const open = new Set<Socket>();
    const port = await serve((socket) => {
      open.add(socket);
      socket.on('error', () => socket.destroy()).on('close', () => open.delete(socket));
      socket.pipe(socket);
    });
    const client = new WebSocket(`ws+unix:${path}:/portForward/default/web?port=${port}`, ['v5.channel.k8s.io']);
    await new Promise<void>((resolve, reject) => client.on('open', resolve).on('error', reject));
    await eventually('the server has the connection', () => Promise.resolve(open.size === 1));
    client.terminate();
    await eventually('the server has lost it', () => Promise.resolve(open.size === 0));
  });

  test('on which nothing listens is refused in the runtime’s words', async () => {
    const port = await unusedPort();
    const { code, text } = await exchange('web', port);
    expect(code).toBe(502);
    expect(text).toMatch(
      `failed to connect to localhost:${port} inside namespace "sandbox-1", ` +
        `IPv4: dial tcp4 127.0.0.1:${port}: connect: connection refused IPv6: dial tcp6 [::1]:${port}: connect: `,
    );
  });

  test.each([
    ['web', '0', 400, 'invalid port "0"'],
    ['web', '70000', 400, 'invalid port "70000"'],
    ['web', '', 400, 'query parameter "port" is required'],
    ['gone', '80', 404, 'pod "gone" does not exist'],
  ])('of %s, %j, is answered with %d', async (pod, port, code, text) => {
    expect(await exchange(pod, port)).toMatchObject({ code, text });
  });

  test('of a pod whose sandbox has stopped is refused', async () => {
    sandboxRuns = false;
    expect(await exchange('web', 80)).toMatchObject({
      code: 502,
      text: 'sandbox container "sandbox-1" is not running',
    });
  });
});
