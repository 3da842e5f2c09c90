import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Status } from '../../../shared/api/meta.ts';
import type { ExecMessage } from '../../../shared/live/contract.ts';
import { waitFor } from '../../../shared/testing/wait-for.ts';
import type { ChannelOutput } from '../channel.ts';
import { openExec } from './exec.ts';

const PARAMS = { namespace: 'default', pod: 'a', container: 'app', command: ['sh'], tty: true };

let server: Server;
let sockets: WebSocketServer;
let url = '';
let tokens: (string | undefined)[];

beforeEach(async () => {
  tokens = [];
  server = createServer();
  sockets = new WebSocketServer({ server });
  sockets.on('headers', (_headers, request) => tokens.push(request.headers.authorization));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  for (const client of sockets.clients) client.terminate();
  await new Promise((resolve) => server.close(resolve));
});

/** A screen that notes what it is told; `room` lets what was sent count as taken. */
function setUp() {
  const messages: ExecMessage[] = [];
  const abort = new AbortController();
  let ended: { error?: Status } | undefined;
  let room = Promise.resolve();
  const out: ChannelOutput<ExecMessage> = {
    latest: () => undefined,
    send: (message) => {
      messages.push(message);
      return room;
    },
    end: (error) => void (ended ??= error ? { error } : {}),
    signal: abort.signal,
  };
  const take = openExec({ url, ca: '', token: 'secret' }, PARAMS, out);
  if (typeof take !== 'function') throw new Error('exec takes input');
  return {
    take,
    messages,
    abort,
    ended: () => waitFor('the end', () => ended),
    block: (until: Promise<void>) => (room = until),
  };
}

const connected = (): Promise<WebSocket> => waitFor('the connection', () => [...sockets.clients][0]);
const frame = (channel: number, text: string | Buffer): Buffer =>
  Buffer.concat([Buffer.from([channel]), Buffer.from(text)]);

describe('exec', () => {
  test('signs in, says the size of the terminal, and sends what was typed before the connection stood', async () => {
    const { take } = setUp();
    take({ stdin: 'early' });
    const client = await connected();
    const heard: string[] = [];
    client.on('message', (data: Buffer) => heard.push(`${data[0]}${data.subarray(1).toString()}`));
    take({ resize: { columns: 90, rows: 30 } });
    await waitFor('both messages', () => heard.length === 2);
    expect(heard.sort()).toEqual(['0early', '4{"Width":90,"Height":30}']);
    expect(tokens).toEqual(['Bearer secret']);
    expect(client.protocol).toBe('v5.channel.k8s.io');
  });

  test.each([
    ['success', { status: 'Success' }, { exitCode: 0, message: '' }],
    [
      'an exit code',
      {
        status: 'Failure',
        reason: 'NonZeroExitCode',
        message: 'command terminated with non-zero exit code',
        details: { causes: [{ reason: 'ExitCode', message: '127' }] },
      },
      { exitCode: 127, message: 'command terminated with non-zero exit code' },
    ],
    [
      'a failure without a code',
      { status: 'Failure', message: 'no such command' },
      { exitCode: 1, message: 'no such command' },
    ],
  ])('ends with %s', async (_name, status, expected) => {
    const { messages, ended } = setUp();
    const client = await connected();
    client.send(frame(1, 'out'));
    client.send(frame(2, 'err'));
    client.send(frame(3, JSON.stringify(status)));
    client.close();
    expect(await ended()).toEqual({});
    expect(messages).toEqual([{ output: 'out' }, { output: 'err' }, expected]);
  });

  test('a character cut between two messages arrives whole', async () => {
    const { messages } = setUp();
    const client = await connected();
    const bytes = Buffer.from('ü');
    client.send(frame(1, bytes.subarray(0, 1)));
    client.send(frame(1, bytes.subarray(1)));
    await waitFor('the character', () => messages.length > 0);
    expect(messages).toEqual([{ output: 'ü' }]);
  });

  test('stops the command when the screen goes away', async () => {
    const { abort } = setUp();
    const client = await connected();
    abort.abort();
    await waitFor('the connection to be cut', () => client.readyState === client.CLOSED);
  });

  test('a server that cannot be reached is said in words', async () => {
    const gone = url;
    await new Promise((resolve) => server.close(resolve));
    url = gone;
    const { ended } = setUp();
    const { error } = await ended();
    expect(error?.message).toContain("the terminal's connection failed");
    server.listen(0);
  });
});
