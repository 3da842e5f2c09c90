import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import type { Query } from './message.ts';
import { answersQuestion } from './raw-answer.ts';

/** Asks one resolver and resolves with its answer; rejects when there is none in time. */
export type Exchange = (server: string, query: Query, transport: 'udp' | 'tcp') => Promise<Buffer>;

/** CoreDNS's forward plugin gives a resolver this long. */
const TIMEOUT_MS = 2_000;
const PORT = 53;

/** `address` or `address:port` (tests) of a resolver. */
function endpointOf(server: string): { host: string; port: number } {
  const [host = '', port] = isIPv6(server) ? [server] : server.split(':');
  return { host, port: port === undefined ? PORT : Number(port) };
}

/**
 * Over a socket, and with an id, of the question's own: whoever wants to slip in an answer has to guess both (RFC 5452).
 */
export const exchange: Exchange = (server, query, transport) => {
  const bytes = Buffer.from(query.bytes);
  bytes.writeUInt16BE(randomInt(0x10000), 0);
  return transport === 'udp' ? overUdp(server, query, bytes) : overTcp(server, query, bytes);
};

function overUdp(server: string, query: Query, bytes: Buffer): Promise<Buffer> {
  const { host, port } = endpointOf(server);
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  return new Promise<Buffer>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer from ${server}`)), TIMEOUT_MS);
    const settle = (): void => clearTimeout(timer);
    socket.on('error', (error) => {
      settle();
      reject(error);
    });
    socket.on('message', (message) => {
      // Others' answers, late or forged, are passed over; ours may still come.
      if (message.length < 12 || message.readUInt16BE(0) !== bytes.readUInt16BE(0)) return;
      if (!answersQuestion(message, query.bytes, query.questionEnd)) return;
      settle();
      resolve(message);
    });
    // Connected: the kernel passes nobody else's datagrams, and an ICMP refusal is an error instead of silence.
    socket.connect(port, host, () => socket.send(bytes));
  }).finally(() => socket.close());
}

function overTcp(server: string, query: Query, bytes: Buffer): Promise<Buffer> {
  const socket = connect({ ...endpointOf(server), noDelay: true });
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return new Promise<Buffer>((resolve, reject) => {
    let received = Buffer.alloc(0);
    socket.setTimeout(TIMEOUT_MS, () => reject(new Error(`no answer from ${server} over TCP`)));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`${server} closed the connection`)));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
      const message = received.subarray(2, 2 + received.readUInt16BE(0));
      const ours = message.length >= 12 && message.readUInt16BE(0) === bytes.readUInt16BE(0);
      if (ours && answersQuestion(message, query.bytes, query.questionEnd)) resolve(message);
      else reject(new Error(`${server} answered another question`));
    });
    socket.write(Buffer.concat([length, bytes]));
  }).finally(() => socket.destroy());
}
