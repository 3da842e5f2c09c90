import type { IncomingMessage } from 'node:http';
import { createSecureServer, type Http2SecureServer, type Http2Session, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { peerIdentityOf, type PeerIdentity } from '../auth/authenticator.ts';
import type { Pki } from '../pki/pki.ts';
import { ConnectionDeadline } from './connection-deadline.ts';
import {
  HANDSHAKE_TIMEOUT_MS,
  HEADERS_TIMEOUT_MS,
  IDLE_TIMEOUT_MS,
  MAX_CONCURRENT_STREAMS,
  MAX_HEADER_BYTES,
} from './limits.ts';
import { handleRequest, type HttpRequest } from './request-handler.ts';
import type { HttpResponse } from './response.ts';
import { handleUpgrade, type UpgradeDeps } from './upgrade.ts';

/** How often a silent TCP connection is probed: a laptop that slept leaves dead ones behind. */
const KEEPALIVE_MS = 30_000;

/**
 * TLS with HTTP/2 and HTTP/1.1 on one port, and on any byte stream handed to it. A client certificate is asked for and
 * read here; whether it is enough is authentication's business.
 */
export class Listener {
  readonly #server: Http2SecureServer;
  /** What each connection's certificate says, read once. Keys are HTTP/2 sessions and HTTP/1.1 sockets. */
  readonly #peers = new WeakMap<object, PeerIdentity>();
  /** Keys as of `#peers`. */
  readonly #deadlines = new WeakMap<object, ConnectionDeadline>();
  /** Everything open, so that closing does not wait for watches. */
  readonly #open = new Set<Duplex>();

  constructor(
    private readonly deps: UpgradeDeps,
    private readonly pki: Pki,
  ) {
    this.#server = createSecureServer({
      ...this.#secureContext(),
      requestCert: true,
      rejectUnauthorized: false,
      allowHTTP1: true,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      maxSessionMemory: 64,
      settings: { maxConcurrentStreams: MAX_CONCURRENT_STREAMS, maxHeaderListSize: MAX_HEADER_BYTES },
    } as Parameters<typeof createSecureServer>[0]);
    this.#server.on('connection', (socket: Duplex) => this.#track(socket));
    this.#server.on('secureConnection', (socket: TLSSocket) => this.#onSecure(socket));
    this.#server.on('session', (session: ServerHttp2Session) => this.#onSession(session));
    this.#server.on('request', (request, response) => this.#onRequest(request, response));
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#deadlines.get(socket)?.stop();
      void handleUpgrade(this.deps, request, socket, head, this.#peers.get(socket));
    });
    this.#server.on('sessionError', (error: Error) =>
      this.deps.log.debug({ error: error.message }, 'HTTP/2 session error'),
    );
    this.#server.on('tlsClientError', (error: Error) =>
      this.deps.log.debug({ error: error.message }, 'TLS handshake failed'),
    );
  }

  /** Resolves with the port once connections are taken. Rejects when the address cannot be had. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  /** Serves a connection that came some other way than through the port. The stream carries TLS, as a socket would. */
  accept(stream: Duplex): void {
    // A tunnel that breaks is no error of the server's.
    stream.on('error', (error) => this.deps.log.debug({ error: error.message }, 'tunnelled connection failed'));
    this.#server.emit('connection', stream);
  }

  /** Shows the serving certificate there is now to connections from now on; open ones go on. */
  showServingCertificate(): void {
    this.#server.setSecureContext(this.#secureContext());
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const stream of this.#open) stream.destroy();
    await closed;
  }

  #secureContext(): { key: string; cert: string; ca: string; minVersion: 'TLSv1.2' } {
    const { serving, caCertificate } = this.pki;
    return { key: serving.key, cert: serving.certificate, ca: caCertificate, minVersion: 'TLSv1.2' };
  }

  #track(stream: Duplex): void {
    this.#open.add(stream);
    stream.on('close', () => this.#open.delete(stream));
    if ('setKeepAlive' in stream && typeof stream.setKeepAlive === 'function') stream.setKeepAlive(true, KEEPALIVE_MS);
  }

  #identify(key: object, socket: Pick<TLSSocket, 'authorized' | 'getPeerCertificate'>): void {
    const identity = peerIdentityOf(socket);
    if (identity) this.#peers.set(key, identity);
  }

  #onSecure(socket: TLSSocket): void {
    this.#identify(socket, socket);
    if (socket.alpnProtocol !== 'h2') this.#limit(socket, socket);
  }

  #limit(key: object, connection: Pick<Duplex | ServerHttp2Session, 'destroy' | 'on'>): void {
    const deadline = new ConnectionDeadline(() => void connection.destroy(), HEADERS_TIMEOUT_MS, IDLE_TIMEOUT_MS);
    this.#deadlines.set(key, deadline);
    connection.on('close', () => deadline.stop());
  }

  #onSession(session: ServerHttp2Session): void {
    this.#limit(session, session);
    this.#identify(session, session.socket as TLSSocket);
    session.on('error', (error: Error) => this.deps.log.debug({ error: error.message }, 'HTTP/2 session failed'));
  }

  #onRequest(request: HttpRequest, response: HttpResponse): void {
    const session: Http2Session | undefined = 'stream' in request ? request.stream.session : undefined;
    const key = session ?? request.socket;
    const deadline = this.#deadlines.get(key);
    deadline?.requestBegun();
    response.on('close', () => deadline?.requestEnded());
    void handleRequest(this.deps, request, response, this.#peers.get(key));
  }
}
