import { PassThrough } from 'node:stream';
import { expect, test, vi } from 'vitest';
import { passOn } from './channels.ts';
import { errorStreamText, streamsOf } from './remote-command.ts';

class Pausable {
  isPaused = false;
  pause = (): void => void (this.isPaused = true);
  resume = (): void => void (this.isPaused = false);
}

test('a socket is read no further while a stream is full, and what had been read already waits with one listener', async () => {
  const socket = new Pausable();
  const stream = new PassThrough({ highWaterMark: 100 });
  let sent = 0;
  for (; sent < 50; sent += 1) passOn(socket, Buffer.alloc(10, sent), stream);
  expect({ paused: socket.isPaused, waiting: stream.listenerCount('drain') }).toEqual({ paused: true, waiting: 1 });
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => (bytes += chunk.length));
  await vi.waitFor(() => expect({ paused: socket.isPaused, bytes }).toEqual({ paused: false, bytes: sent * 10 }));
  expect(stream.listenerCount('drain')).toBe(0);
});

test('a stream that is gone does not hold the socket up', async () => {
  const socket = new Pausable();
  const stream = new PassThrough({ highWaterMark: 1 });
  passOn(socket, Buffer.alloc(10), stream);
  expect(socket.isPaused).toBe(true);
  stream.destroy();
  await vi.waitFor(() => expect(socket.isPaused).toBe(false));
  passOn(socket, Buffer.alloc(10), stream);
  expect(socket.isPaused).toBe(false);
});

test.each([
  [['stdin', 'stdout'], true, 'v4.channel.k8s.io', ['error', 'stdin', 'stdout', 'resize']],
  [['stdout'], true, 'v3.channel.k8s.io', ['error', 'stdout', 'resize']],
  [['stdout'], true, 'v2.channel.k8s.io', ['error', 'stdout']],
  [['stdout', 'stderr'], false, 'v4.channel.k8s.io', ['error', 'stdout', 'stderr']],
] as const)('of %j, with a terminal: %j, in %s, a client opens %j', (channels, tty, protocol, expected) => {
  expect([...streamsOf(channels, tty, protocol)]).toEqual(expected);
});

test('the error stream says nothing of a success before v4, and never takes a lost kubelet for one', () => {
  const success = Buffer.from('{"metadata":{},"status":"Success"}');
  expect(errorStreamText(success, 'v4.channel.k8s.io')).toBe(success.toString());
  expect(errorStreamText(success, 'v2.channel.k8s.io')).toBe('');
  expect(errorStreamText(undefined, 'channel.k8s.io')).toContain('the connection to the kubelet was lost');
  expect(JSON.parse(errorStreamText(undefined, 'v4.channel.k8s.io'))).toMatchObject({ status: 'Failure', code: 500 });
});
