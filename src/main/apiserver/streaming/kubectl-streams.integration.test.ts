import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { NODES, PODS, type Node, type Pod } from '../../../shared/api/kinds.ts';
import { startFakeKubelet, type FakeKubelet } from '../testing/fake-kubelet.ts';
import { kubectlOf } from '../testing/kubectl-versions.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

const THREE_MEGABYTES = 3 * 1024 * 1024;

let kubelet: FakeKubelet;
let api: TestServer;
let home: string;
/** Answers with what it was sent once the client has ended its side: it needs half-closed connections. */
let echo: Server;
let echoPort: number;
let nodeIsReachable = true;
const children: ChildProcessWithoutNullStreams[] = [];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'wheelhouse-streams-'));
  kubelet = await startFakeKubelet();
  api = await startTestServer({
    dialNode: (node) => (nodeIsReachable ? kubelet.dial(node) : Promise.reject(new Error('the machine is asleep'))),
  });
  echo = createServer({ allowHalfOpen: true }, (socket) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('end', () => socket.end(Buffer.concat(chunks)));
    socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
  echoPort = (echo.address() as AddressInfo).port;
  await api.client.create(NODES, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } } as Node);
  await createRunningPod('shell');
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(async () => {
  echo.close();
  await api.close();
  await kubelet.close();
  await rm(home, { recursive: true, force: true });
});

async function createRunningPod(name: string): Promise<void> {
  const container = { name: 'app', image: 'busybox' };
  const pod = await api.client.create(PODS, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: { nodeName: 'n1', containers: [container] },
  } as Pod);
  const state = { running: { startedAt: '2025-01-01T00:00:00Z' } };
  const status = { ...container, ready: true, restartCount: 0, imageID: '', state };
  await api.client.updateStatus(PODS, {
    ...pod,
    status: { ...pod.status, phase: 'Running', containerStatuses: [status] },
  });
}

function start(kubectl: string, args: string[], environment: NodeJS.ProcessEnv): ChildProcessWithoutNullStreams {
  const child = spawn(kubectl, ['--cache-dir', join(home, 'cache'), ...args], {
    env: { ...process.env, HOME: home, KUBECONFIG: api.kubeconfig, ...environment },
  });
  children.push(child);
  return child;
}

interface Outcome {
  code: number | null;
  out: Buffer;
  err: string;
}

async function run(
  kubectl: string,
  args: string[],
  environment: NodeJS.ProcessEnv,
  input: Buffer | string = '',
): Promise<Outcome> {
  const child = start(kubectl, args, environment);
  const out: Buffer[] = [];
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  child.stdin.on('error', () => child.stdin.destroy());
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, out: Buffer.concat(out), err };
}

/** Starts a port-forward; resolves with its local port and everything it says on standard error. */
async function forward(
  kubectl: string,
  port: number,
  environment: NodeJS.ProcessEnv,
): Promise<{ localPort: number; said: () => string; child: ChildProcessWithoutNullStreams }> {
  const child = start(kubectl, ['port-forward', 'pod/shell', `:${port}`, '--address', '127.0.0.1'], environment);
  let err = '';
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const localPort = await new Promise<number>((resolve, reject) => {
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      const local = /127\.0\.0\.1:(\d+) ->/.exec(out)?.[1];
      if (local) resolve(Number(local));
    });
    child.on('close', (code) => reject(new Error(`port-forward ended with ${String(code)}: ${err}`)));
  });
  return { localPort, said: () => err, child };
}

async function exchange(port: number, input: Buffer): Promise<Buffer> {
  const socket: Socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.end(input);
  const chunks: Buffer[] = [];
  for await (const chunk of socket as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const OVER_SPDY = { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false', KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false' };
const BY_DEFAULT = {};

/** The client, how it is told to connect, and what that comes to. */
const CLIENTS: [version: string, environment: NodeJS.ProcessEnv, words: string][] = [
  ['1.27', BY_DEFAULT, 'kubectl 1.27'],
  ['1.33', OVER_SPDY, 'kubectl 1.33 told to use SPDY'],
  ['1.33', BY_DEFAULT, 'kubectl 1.33'],
];

describe.each(CLIENTS)('%s', (version, environment, words) => {
  const kubectl = kubectlOf(version);
  if (!kubectl) return test.skip(`${words} is not beside the kubectl in PATH: nothing to try it with`, () => undefined);

  describe(words, () => {
    test('runs a command: standard input to its end, output, exit code', async () => {
      const outcome = await run(kubectl, ['exec', '-i', 'shell', '--', 'tr', 'a-z', 'A-Z'], environment, 'shout\n');
      expect({ ...outcome, out: outcome.out.toString() }).toMatchObject({ code: 3, out: 'SHOUT\n' });
      expect(outcome.err).toContain('command terminated with exit code 3');
    });

    test('pipes 3 MB in and out', async () => {
      const input = Buffer.alloc(THREE_MEGABYTES, 'Wheelhouse and 0123456789\n');
      const { out } = await run(kubectl, ['exec', '-i', 'shell', '--', 'tr', 'a-z', 'A-Z'], environment, input);
      expect(out.length).toBe(input.length);
      expect(out.equals(Buffer.from(input.toString().toUpperCase()))).toBe(true);
    });

    test('attaches', async () => {
      const { code, out } = await run(kubectl, ['attach', '-i', 'shell'], environment, 'hello\n');
      expect({ code, out: out.toString() }).toMatchObject({ out: 'HELLO\n' });
      expect(kubelet.requests.some((path) => path.startsWith('/attach/default/shell/app?input=1'))).toBe(true);
    });

    test('forwards a port: 3 MB both ways, several connections at once, each ended by its sides in turn', async () => {
      const { localPort, said } = await forward(kubectl, echoPort, environment);
      const inputs = [randomBytes(THREE_MEGABYTES), randomBytes(100_000), Buffer.from('short'), Buffer.alloc(0)];
      const outputs = await Promise.all(inputs.map((input) => exchange(localPort, input)));
      expect(outputs.map((output, index) => output.equals(inputs[index] ?? Buffer.of(1)))).toEqual([
        true,
        true,
        true,
        true,
      ]);
      expect(said()).toBe('');
    });

    test('is told when nothing listens on the port', async () => {
      const free = createServer();
      await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve));
      const { port } = free.address() as AddressInfo;
      await new Promise<void>((resolve) => free.close(() => resolve()));
      const { localPort, said, child } = await forward(kubectl, port, environment);
      const ended = new Promise((resolve) => child.on('close', resolve));
      const socket = connect(localPort, '127.0.0.1');
      socket.on('error', () => socket.destroy());
      await ended;
      expect(said()).toMatch(
        new RegExp(`error forwarding port ${port} to pod shell_default, uid [-0-9a-f]{36}: .*connection refused`),
      );
    });

    test('is told why when the machine cannot be reached', async () => {
      nodeIsReachable = false;
      try {
        for (const args of [
          ['exec', 'shell', '--', 'true'],
          ['port-forward', 'shell', ':80'],
        ]) {
          const { code, err } = await run(kubectl, args, environment);
          expect({ code, err }).toMatchObject({ code: 1 });
          expect(err).toContain('error dialing the kubelet of node "n1": the machine is asleep');
        }
      } finally {
        nodeIsReachable = true;
      }
    });
  });
});

test('nothing has failed inside', () => {
  expect(api.errors).toEqual([]);
});
