import type { WebSocket } from 'ws';
import type { LiveConnection } from '../live/connection.ts';

/** A browser's WebSocket as a live connection: text frames both ways. */
export function connectionOf(socket: WebSocket): LiveConnection {
  return {
    send: (frame) => {
      if (socket.readyState === socket.OPEN) socket.send(frame);
    },
    pendingBytes: () => socket.bufferedAmount,
    onFrame: (listener) => void socket.on('message', (data: Buffer) => listener(data.toString('utf8'))),
    onClose: (listener) => void socket.once('close', listener),
    close: () => socket.close(),
  };
}
