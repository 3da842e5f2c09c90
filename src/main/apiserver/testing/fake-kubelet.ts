import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { NodeDialer } from '../node-dialer.ts';
import { forwardToLoopback } from './fake-port-forward.ts';

/**
 * A kubelet API on a loopback port: logs are fixed text, exec echoes its input in capitals and exits with 3, and
 * port-forward leads to the same port of this host.
 */
export interface FakeKubelet {
  dial: NodeDialer;
  /** Paths asked for, with query. */
  requests: string[];
  close(): Promise<void>;
}

export async function startFakeKubelet(): Promise<FakeKubelet> {
  const requests: string[] = [];
  const server: Server = createServer((request, response) => {
    requests.push(request.url ?? '');
    if (request.url?.startsWith('/containerLogs/')) return void response.end('line 1\nline 2\n');
    if (request.url === '/stats/summary') {
      response.setHeader('content-type', 'application/json');
      return void response.end('{"node":{"nodeName":"n1"}}');
    }
    if (request.url?.startsWith('/portForward/')) return void response.end('ok');
    response.statusCode = 404;
    response.end('nothing here');
  });
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    requests.push(request.url ?? '');
    if (request.url?.startsWith('/portForward/')) return forwardToLoopback(sockets, request, socket, head);
    sockets.handleUpgrade(request, socket, head, (client) => {
      client.on('message', (data: Buffer) => {
        if (data[0] === 0)
          client.send(Buffer.concat([Buffer.from([1]), Buffer.from(data.subarray(1).toString().toUpperCase())]));
        if (data[0] !== 255) return;
        const status = {
          metadata: {},
          status: 'Failure',
          reason: 'NonZeroExitCode',
          message: 'command terminated with non-zero exit code',
          details: { causes: [{ reason: 'ExitCode', message: '3' }] },
        };
        client.send(Buffer.concat([Buffer.from([3]), Buffer.from(JSON.stringify(status))]));
        client.close(1000);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    requests,
    dial: () =>
      new Promise((resolve, reject) => {
        const socket = connect(port, '127.0.0.1', () => resolve(socket));
        socket.on('error', reject);
      }),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
