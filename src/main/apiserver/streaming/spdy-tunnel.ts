import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { createWebSocketStream, WebSocketServer } from 'ws';
import { badRequest } from '../../../shared/api/errors.ts';
import type { ClientConnection } from './client-connection.ts';

/** Longest message: a SPDY frame, which may be split over several messages but is not by kubectl. */
const MAX_MESSAGE_BYTES = (1 << 24) + 8;
const PREFIX = 'SPDY/3.1+';

/**
 * Accepts a WebSocket whose binary messages are, put together, a SPDY connection (KEP-4006). Throws 400 when the client
 * offers no tunnel of this protocol.
 */
export function acceptSpdyTunnel(client: ClientConnection, protocol: string): Promise<Duplex> {
  const { request, socket, head } = client;
  const tunnel = `${PREFIX}${protocol}`;
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((each) => each.trim());
  if (!offered.includes(tunnel))
    return Promise.reject(
      badRequest(
        `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(' ')}], server accepts [${tunnel}]`,
      ),
    );
  return new Promise((resolve, reject) => {
    const server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: MAX_MESSAGE_BYTES });
    server.on('wsClientError', (error: Error) => reject(badRequest(`unable to upgrade: ${error.message}`)));
    // Its slash makes the name no token of RFC 6455, and ws refuses it: so ws is not shown it.
    server.on('headers', (headers: string[]) => headers.push(`Sec-WebSocket-Protocol: ${tunnel}`));
    server.handleUpgrade(withoutProtocol(request), socket, head, (accepted) =>
      resolve(createWebSocketStream(accepted)),
    );
  });
}

function withoutProtocol(request: IncomingMessage): IncomingMessage {
  delete request.headers['sec-websocket-protocol'];
  return request;
}
