import { request as send, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { connect as connectTls } from 'node:tls';
import type { Duplex } from 'node:stream';
import { messageOf, serviceUnavailable } from '../../../shared/api/errors.ts';

export interface ForwardedRequest {
  method: string;
  /** With query; already encoded. */
  path: string;
  headers: OutgoingHttpHeaders;
  body?: Uint8Array | undefined;
  signal: AbortSignal;
}

/** What was answered: a response, or a connection that was switched to another protocol. */
export type ForwardedAnswer =
  | { type: 'response'; message: IncomingMessage }
  | { type: 'upgraded'; message: IncomingMessage; stream: Duplex; head: Buffer };

/**
 * Sends one request over a connection of its own, which ends with the answer. An answer that is not the upgrade that was
 * asked for leaves no connection that more could be said on (CVE-2018-1002105). Throws 503.
 */
export function forward(connection: Duplex, request: ForwardedRequest): Promise<ForwardedAnswer> {
  return new Promise((resolve, reject) => {
    const { body, ...rest } = request;
    const length = body === undefined ? {} : { 'content-length': body.length };
    const sent = send({
      ...rest,
      headers: { ...rest.headers, ...length },
      createConnection: () => connection,
    });
    sent.on('response', (message) => {
      message.on('close', () => connection.destroy());
      resolve({ type: 'response', message });
    });
    sent.on('upgrade', (message, stream, head) => resolve({ type: 'upgraded', message, stream, head }));
    sent.on('error', (error) => {
      connection.destroy();
      reject(serviceUnavailable(`error trying to reach service: ${messageOf(error)}`));
    });
    sent.end(body);
  });
}

/** TLS inside of a connection. Upstream does not verify either: pods have no names that a certificate could be for. */
export const encrypted = (socket: Duplex, host: string): Duplex =>
  connectTls({ socket, servername: host.replace(/:\d+$/, ''), rejectUnauthorized: false });
