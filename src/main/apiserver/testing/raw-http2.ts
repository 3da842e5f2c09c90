import { connect, type TLSSocket } from 'node:tls';
import type { TestServer } from './test-server.ts';

/** Frame types of RFC 9113, section 6. */
export const FRAME = { data: 0, headers: 1, resetStream: 3, settings: 4, ping: 6, continuation: 9 } as const;

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

/** One HTTP/2 frame, with whatever is asked for in it. */
export function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A header of HPACK, literal and not indexed; short names and values only. */
export const literal = (name: string, value: string): Buffer =>
  Buffer.concat([Buffer.from([0, name.length]), Buffer.from(name), Buffer.from([value.length]), Buffer.from(value)]);

/** A TLS connection on which nothing has been said, with no protocol library above it. */
export function rawTls(test: TestServer, protocol: 'h2' | 'http/1.1'): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect(
      { host: '127.0.0.1', port: test.server.port, ca: test.pki.caCertificate, ALPNProtocols: [protocol] },
      () => resolve(socket),
    );
    socket.on('error', reject);
  });
}

/** The same, with HTTP/2 begun. */
export async function rawHttp2(test: TestServer): Promise<TLSSocket> {
  const socket = await rawTls(test, 'h2');
  socket.write(Buffer.concat([Buffer.from(PREFACE), frame(FRAME.settings, 0, 0)]));
  return socket;
}

/** Resolves when the other side has closed, however it did. */
export const closed = (socket: {
  once(event: 'close', listener: () => void): unknown;
  on(event: 'error', listener: () => void): unknown;
}): Promise<void> =>
  new Promise((resolve) => {
    socket.on('error', () => undefined);
    socket.once('close', () => resolve());
  });
