import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import type { Logger } from '../../shared/logger.ts';
import type { Resolver } from './resolver.ts';

/** A connection that asks nothing is closed (CoreDNS: 10 s), and there are never more than so many. */
const IDLE_MS = 10_000;
const MOST_CONNECTIONS = 1_000;
const RECEIVE_BUFFER_BYTES = 1 << 20;

/** Listens for questions at one address and port, over UDP and TCP. */
export class DnsServer {
  #udp: UdpSocket | undefined;
  #tcp: Server | undefined;
  readonly #connections = new Set<Socket>();

  constructor(
    private readonly resolver: Pick<Resolver, 'resolve'>,
    private readonly log: Logger,
  ) {}

  /** Resolves with the port when it listens at both. Rejects when the address is not there (yet), or the port is taken. */
  async listen(host: string, port: number): Promise<number> {
    const tcp = createServer({ noDelay: true }, (socket) => this.#serve(socket));
    tcp.maxConnections = MOST_CONNECTIONS;
    await new Promise<void>((resolve, reject) => {
      tcp.once('error', reject);
      tcp.listen({ host, port }, resolve);
    });
    const address = tcp.address();
    const taken = address && typeof address === 'object' ? address.port : port;
    const udp = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BUFFER_BYTES });
    try {
      await new Promise<void>((resolve, reject) => {
        udp.once('error', reject);
        udp.bind({ address: host, port: taken }, resolve);
      });
    } catch (error) {
      tcp.close();
      throw error;
    }
    udp.on('error', (error) => this.log.warn({ err: error }, 'DNS over UDP'));
    udp.on('message', (message, from) => this.#answer(message, (reply) => udp.send(reply, from.port, from.address)));
    this.#tcp = tcp;
    this.#udp = udp;
    return taken;
  }

  async close(): Promise<void> {
    const [tcp, udp] = [this.#tcp, this.#udp];
    this.#tcp = this.#udp = undefined;
    for (const socket of this.#connections) socket.destroy();
    if (udp) await new Promise<void>((resolve) => udp.close(resolve));
    if (tcp) await new Promise<void>((resolve) => tcp.close(() => resolve()));
  }

  #answer(message: Buffer, send: (reply: Buffer) => void): void {
    const fail = (error: unknown): void => this.log.error({ err: error }, 'cannot answer a DNS question');
    try {
      const reply = this.resolver.resolve(message, 'udp');
      if (reply instanceof Promise) reply.then(send).catch(fail);
      else if (reply) send(reply);
    } catch (error) {
      fail(error);
    }
  }

  #serve(socket: Socket): void {
    let received = Buffer.alloc(0);
    this.#connections.add(socket);
    socket.on('close', () => this.#connections.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const end = 2 + received.readUInt16BE(0);
        void this.#answerOver(socket, received.subarray(2, end));
        received = received.subarray(end);
      }
    });
  }

  async #answerOver(socket: Socket, message: Buffer): Promise<void> {
    try {
      const reply = await this.resolver.resolve(message, 'tcp');
      if (!reply) return void socket.destroy();
      const length = Buffer.alloc(2);
      length.writeUInt16BE(reply.length);
      socket.write(Buffer.concat([length, reply]));
    } catch (error) {
      this.log.error({ err: error }, 'cannot answer a DNS question');
      socket.destroy();
    }
  }
}
