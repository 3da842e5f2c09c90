import { readFileSync, statSync } from 'node:fs';
import { Agent } from 'node:https';
import { connect as connectSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';

/** PEM files of a client certificate and the authority that the server must be signed by. */
export interface CertificateFiles {
  caFile: string;
  certFile: string;
  keyFile: string;
}

export interface TunnelAgentOptions extends CertificateFiles {
  /** Unix socket that leads to the API server. */
  socketPath: string;
  /** Name the server's certificate must carry. */
  serverName: string;
}

/** An https.Agent whose connections run over a unix socket; the certificate files are read again when they change. */
export class TunnelAgent extends Agent {
  readonly #tunnel: TunnelAgentOptions;
  #loaded: { stamp: string; ca: Buffer; cert: Buffer; key: Buffer } | undefined;

  constructor(options: TunnelAgentOptions) {
    super({ keepAlive: true, maxFreeSockets: 8 });
    this.#tunnel = options;
  }

  override createConnection(): Duplex {
    const { ca, cert, key } = this.#certificates();
    return connectTls({
      socket: connectSocket(this.#tunnel.socketPath),
      servername: this.#tunnel.serverName,
      ca,
      cert,
      key,
      ALPNProtocols: ['http/1.1'],
    });
  }

  #certificates(): { ca: Buffer; cert: Buffer; key: Buffer } {
    const files = [this.#tunnel.caFile, this.#tunnel.certFile, this.#tunnel.keyFile];
    const stamp = files.map((file) => statSync(file).mtimeMs).join();
    if (this.#loaded?.stamp !== stamp) {
      const [ca, cert, key] = files.map((file) => readFileSync(file));
      if (!ca || !cert || !key) throw new Error('a certificate file is missing');
      this.#loaded = { stamp, ca, cert, key };
    }
    return this.#loaded;
  }
}
