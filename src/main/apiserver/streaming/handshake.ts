import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { ApiError } from '../../../shared/api/errors.ts';

const HEADER = 'x-stream-protocol-version';

export const asksForSpdy = (request: IncomingMessage): boolean => request.headers.upgrade?.toLowerCase() === 'spdy/3.1';

/** The protocols a client offers, its favourite first. */
function offeredBy(request: IncomingMessage): string[] {
  const value = request.headers[HEADER];
  return (Array.isArray(value) ? value : (value ?? '').split(',')).map((each) => each.trim()).filter(Boolean);
}

/**
 * The first protocol of the server's list that the client offers too. A client that offers none speaks `fallback`.
 * Throws 403, as upstream's httpstream.Handshake answers.
 */
export function negotiate<Protocol extends string>(
  request: IncomingMessage,
  accepted: readonly Protocol[],
  fallback: Protocol,
): Protocol {
  const offered = offeredBy(request);
  if (offered.length === 0) return fallback;
  const chosen = accepted.find((protocol) => offered.includes(protocol));
  if (chosen) return chosen;
  throw new ApiError(
    403,
    'Forbidden',
    `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(' ')}], server accepts [${accepted.join(' ')}]`,
  );
}

/** Switches the connection to SPDY/3.1. */
export function acceptSpdy(socket: Duplex, protocol: string): void {
  socket.write(
    [
      'HTTP/1.1 101 Switching Protocols',
      'Connection: Upgrade',
      'Upgrade: SPDY/3.1',
      `X-Stream-Protocol-Version: ${protocol}`,
      '\r\n',
    ].join('\r\n'),
  );
}
