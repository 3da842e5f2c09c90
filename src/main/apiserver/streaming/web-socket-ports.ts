import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { badRequest, messageOf } from '../../../shared/api/errors.ts';
import { CHANNEL, onChannelMessage, passOn } from './channels.ts';
import type { ClientConnection } from './client-connection.ts';

/** What clients older than SPDY inside a WebSocket speak, and @kubernetes/client-node: upstream's portforward/websocket.go. */
const PROTOCOL = 'v4.channel.k8s.io';
const MAX_PORTS = 100;
const MAX_MESSAGE_BYTES = 1 << 24;

export interface WebSocketPorts {
  /** Opens a connection to a port inside the pod. */
  open(port: number): Promise<Duplex>;
  /** What the error channel of a port says when that failed. */
  refusal(port: number, error: unknown): string;
}

/** Whether a client wants each port as two channels of one WebSocket, and not SPDY inside it. */
export const asksForChannels = ({ request }: Pick<ClientConnection, 'request'>): boolean =>
  (request.headers['sec-websocket-protocol'] ?? '').split(',').some((offered) => offered.trim() === PROTOCOL);

/** The ports of `?ports=80,81&ports=82`. Throws 400 unless there is one and all are ports. */
export function portsOf(query: URLSearchParams): number[] {
  const words = query.getAll('ports').flatMap((value) => value.split(','));
  if (words.length === 0) throw badRequest('query parameter "ports" is required');
  if (words.length > MAX_PORTS) throw badRequest(`query parameter "ports" has more than ${MAX_PORTS} ports`);
  return words.map((word) => {
    const port = Number(word);
    if (!/^\d+$/.test(word) || port < 1 || port > 65_535)
      throw badRequest(`query parameter "ports" contains an invalid port: ${JSON.stringify(word)}`);
    return port;
  });
}

/**
 * Each port has two channels, 2n for data and 2n+1 for errors, whose first message is the port (16 bits, little endian).
 * There is one connection for each port, for as long as the WebSocket lives. Resolves when it is over.
 */
export async function serveWebSocketPorts(
  client: ClientConnection,
  ports: readonly number[],
  to: WebSocketPorts,
): Promise<void> {
  const socket = await accepted(client);
  const connections = new Map<number, Duplex>();
  // What comes before a connection is there waits in the socket.
  socket.pause();
  const over = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  const send = (channel: number, bytes: Uint8Array, done?: () => void): void =>
    socket.send(Buffer.concat([Buffer.of(channel), bytes]), done);
  for (const [index, port] of ports.entries()) {
    const number = Buffer.alloc(2);
    number.writeUInt16LE(port);
    send(2 * index, number);
    send(2 * index + 1, number);
    try {
      const connection = await to.open(port);
      connections.set(2 * index, connection);
      join(connection, (bytes, done) => send(2 * index, bytes, done));
    } catch (error) {
      send(2 * index + 1, Buffer.from(to.refusal(port, error)));
    }
  }
  onChannelMessage(socket, (channel, bytes) => {
    if (channel === CHANNEL.close) connections.get(bytes[0] ?? -1)?.end();
    else passOn(socket, bytes, connections.get(channel));
  });
  const open = [...connections.values()].map(
    (connection) => new Promise<void>((resolve) => connection.on('close', () => resolve())),
  );
  void Promise.all(open).then(() => socket.close());
  socket.on('error', () => socket.terminate());
  if (socket.readyState === socket.OPEN) socket.resume();
  await over;
  for (const connection of connections.values()) connection.destroy();
}

/** Passes on what comes from the pod, no faster than the client takes it. */
function join(connection: Duplex, send: (bytes: Buffer, done: () => void) => void): void {
  connection.on('data', (bytes: Buffer) => {
    connection.pause();
    send(bytes, () => connection.resume());
  });
  // Its close follows; there is no other word for a connection that broke.
  connection.on('error', () => connection.destroy());
  connection.on('end', () => connection.end());
}

function accepted({ request, socket, head }: ClientConnection): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const server = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      maxPayload: MAX_MESSAGE_BYTES,
      handleProtocols: () => PROTOCOL,
    });
    server.on('wsClientError', (error: Error) => reject(badRequest(`unable to upgrade: ${messageOf(error)}`)));
    server.handleUpgrade(request, socket, head, resolve);
  });
}
