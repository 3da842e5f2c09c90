import { Writable } from 'node:stream';
import type { WebSocket } from 'ws';

/**
 * Channel numbers of v5.channel.k8s.io, in which a kubelet is spoken to: the first byte of every message.
 * A port-forward uses `data` and `error` of its one port; `close` ends the channel whose number follows.
 */
export const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;
export const PORT_CHANNEL = { data: 0, error: 1 } as const;

export const CHANNEL_PROTOCOL = 'v5.channel.k8s.io';

/** One channel to write to: takes no more than the connection does, and its end closes the channel only. */
export function channelWriter(socket: WebSocket, channel: number): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      socket.send(Buffer.concat([Buffer.of(channel), chunk]), done);
    },
    final(done) {
      socket.send(Buffer.of(CHANNEL.close, channel), done);
    },
  });
}

/** Calls with each message's channel and bytes. Text messages are read as their bytes. */
export function onChannelMessage(socket: WebSocket, take: (channel: number, bytes: Buffer) => void): void {
  socket.on('message', (data: Buffer) => {
    const channel = data[0];
    if (channel !== undefined) take(channel, data.subarray(1));
  });
}

/** Writes to a stream what came over a socket, and reads no more of the socket while the stream is full. */
export function passOn(
  socket: Pick<WebSocket, 'isPaused' | 'pause' | 'resume'>,
  bytes: Buffer,
  stream: Writable | undefined,
): void {
  if (!stream?.writable || bytes.length === 0 || stream.write(bytes)) return;
  // What was read before the pause still comes, message by message.
  if (socket.isPaused) return;
  const go = (): void => {
    stream.off('drain', go).off('close', go);
    socket.resume();
  };
  stream.on('drain', go).on('close', go);
  socket.pause();
}
