import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Logger } from '../../shared/logger.ts';
import { CHANNEL, frame } from './channels.ts';

/** A port-forward has one channel: the bytes of its connection. */
const DATA = 0;
/** Close codes of RFC 6455: both sides have ended, or the connection broke. */
const CLOSE = { normal: 1000, broken: 1011 } as const;

/**
 * Joins a WebSocket with a TCP connection inside a pod. Each direction ends on its own (`255 0`); neither is read
 * faster than the other side takes it.
 */
export function joinConnection(socket: WebSocket, connection: Socket, log: Logger): void {
  connection.on('data', (chunk: Buffer) => {
    connection.pause();
    socket.send(frame(DATA, chunk), (error) => {
      if (!error) connection.resume();
    });
  });
  connection.on('end', () => {
    if (socket.readyState === socket.OPEN) socket.send(Buffer.of(CHANNEL.close, DATA));
  });
  connection.on('error', (error) => log.debug({ err: error }, 'a forwarded connection broke'));
  connection.on('close', (broken) => {
    socket.resume();
    socket.close(broken ? CLOSE.broken : CLOSE.normal);
  });
  connection.on('drain', () => socket.resume());

  socket.on('message', (data: Buffer) => {
    if (data[0] === DATA && connection.writable) {
      if (!connection.write(data.subarray(1))) socket.pause();
    } else if (data[0] === CHANNEL.close && data[1] === DATA) connection.end();
  });
  socket.on('error', (error) => log.debug({ err: error }, 'a forwarding client was lost'));
  socket.on('close', () => connection.destroy());
}
