import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { WebSocketServer } from 'ws';

/** Serves a kubelet's port-forward by connecting to that port of the loopback address; refuses as a real one does. */
export function forwardToLoopback(
  sockets: WebSocketServer,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  const port = Number(new URL(request.url ?? '', 'http://kubelet').searchParams.get('port'));
  const target = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const refuse = (): void => {
    const text = `failed to connect to localhost:${port}: dial tcp4 127.0.0.1:${port}: connect: connection refused`;
    socket.end(`HTTP/1.1 502 Bad Gateway\r\ncontent-length: ${text.length}\r\nconnection: close\r\n\r\n${text}`);
  };
  target.once('error', refuse);
  target.once('connect', () => {
    target.off('error', refuse);
    sockets.handleUpgrade(request, socket, head, (client) => {
      target.on('data', (chunk: Buffer) => client.send(Buffer.concat([Buffer.of(0), chunk])));
      target.on('end', () => client.send(Buffer.of(255, 0)));
      target.on('close', (broken) => client.close(broken ? 1011 : 1000));
      target.on('error', () => target.destroy());
      client.on('message', (data: Buffer) => {
        if (data[0] === 0) target.write(data.subarray(1));
        else if (data[0] === 255) target.end();
      });
      client.on('close', () => target.destroy());
    });
  });
}
