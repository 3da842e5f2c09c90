import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { messageOf } from '../../shared/api/errors.ts';
import type { Status } from '../../shared/api/meta.ts';
import { FrameParser } from '../runtime/log-frames.ts';
import { CHANNEL, frame, parseResize } from './channels.ts';

export interface RemoteCommand {
  /** Docker's hijacked connection. */
  stream: Duplex;
  tty: boolean;
  stdin: boolean;
  resize: (size: { w: number; h: number }) => Promise<void>;
  /** Called once the stream has ended: what the client is told. */
  outcome: () => Promise<Partial<Status>>;
  /** Called when the client goes before the end. */
  abandoned: () => Promise<void>;
  onError: (error: unknown) => void;
}

/** Stop reading from the container while this much waits for a slow client. */
const HIGH_WATER_BYTES = 1 << 20;

/** Joins a WebSocket's channels with a Docker connection until either ends. */
export function joinRemoteCommand(socket: WebSocket, command: RemoteCommand): void {
  const { stream, onError } = command;
  const parser = new FrameParser();
  let ended = false;
  let resizing: Promise<void> = Promise.resolve();

  const send = (channel: number, bytes: Uint8Array): void => {
    if (bytes.length === 0 || socket.readyState !== socket.OPEN) return;
    socket.send(frame(channel, bytes), () => {
      if (stream.isPaused() && socket.bufferedAmount < HIGH_WATER_BYTES) stream.resume();
    });
    if (socket.bufferedAmount >= HIGH_WATER_BYTES) stream.pause();
  };
  const finish = async (): Promise<void> => {
    if (ended) return;
    ended = true;
    let status: Partial<Status>;
    try {
      status = await command.outcome();
    } catch (error) {
      onError(error);
      status = { metadata: {}, status: 'Failure', message: messageOf(error) };
    }
    if (socket.readyState !== socket.OPEN) return;
    socket.send(frame(CHANNEL.error, Buffer.from(JSON.stringify(status))));
    socket.close(1000);
  };

  stream.on('data', (chunk: Buffer) => {
    if (command.tty) return send(CHANNEL.stdout, chunk);
    for (const { stream: number, bytes } of parser.push(chunk))
      send(number === 2 ? CHANNEL.stderr : CHANNEL.stdout, bytes);
  });
  stream.on('end', () => void finish());
  stream.on('close', () => void finish());
  stream.on('error', (error) => {
    onError(error);
    void finish();
  });

  socket.on('message', (data: Buffer) => {
    const channel = data[0];
    const bytes = data.subarray(1);
    if (channel === CHANNEL.stdin && command.stdin && stream.writable) stream.write(bytes);
    // A terminal has no end of input but a typed one, and Docker would end its output with it.
    else if (channel === CHANNEL.close && bytes[0] === CHANNEL.stdin && !command.tty) stream.end();
    else if (channel === CHANNEL.resize && command.tty) {
      const size = parseResize(bytes);
      if (size) resizing = resizing.then(() => command.resize(size)).catch(onError);
    }
  });
  socket.on('error', onError);
  socket.on('close', () => {
    if (ended) return;
    ended = true;
    stream.destroy();
    command.abandoned().catch(onError);
  });
}
