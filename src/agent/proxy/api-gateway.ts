import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * The way of this node's pods to the API server: what they send to the `kubernetes` Service arrives here and goes, byte
 * for byte, into the socket that leads through the tunnel. TLS ends at the API server; nothing is read on the way.
 */
export class ApiGateway {
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  constructor(private readonly apiSocket: string) {}

  /** Resolves when it listens. Rejects when the address is not there (yet), or the port is taken. */
  async listen(host: string, port: number): Promise<void> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#join(socket));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port }, () => {
        server.off('error', reject);
        resolve();
      });
    });
    this.#server = server;
  }

  /** The address it listens at; undefined when it does not. */
  get address(): { host: string; port: number } | undefined {
    const at = this.#server?.address();
    return at && typeof at === 'object' ? { host: at.address, port: at.port } : undefined;
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.#sockets) socket.destroy();
    if (server) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  #join(client: Socket): void {
    const tunnel = connect({ path: this.apiSocket, allowHalfOpen: true });
    this.#sockets.add(client).add(tunnel);
    // Without a tunnel the client is cut off at once: it tries again, as it does when an API server restarts.
    tunnel.on('error', () => client.resetAndDestroy());
    client.on('error', () => tunnel.destroy());
    client.on('close', () => {
      this.#sockets.delete(client);
      tunnel.destroySoon();
    });
    tunnel.on('close', () => {
      this.#sockets.delete(tunnel);
      client.destroySoon();
    });
    client.pipe(tunnel);
    tunnel.pipe(client);
  }
}
