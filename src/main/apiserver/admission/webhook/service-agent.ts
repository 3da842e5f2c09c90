import { Agent, type RequestOptions } from 'node:https';
import { connect as connectTls } from 'node:tls';
import type { Duplex } from 'node:stream';
import { messageOf } from '../../../../shared/api/errors.ts';

/** Reaches a webhook that is a Service of the cluster. Rejects with a message that says why it cannot. */
export type ServiceDialer = (
  service: { namespace: string; name: string; port: number },
  signal: AbortSignal,
) => Promise<Duplex>;

/** The longest a webhook may be waited for, so no dialling takes longer. */
const DIAL_TIMEOUT_MS = 30_000;

type Connected = (error: Error | null, stream?: Duplex) => void;

/** Connections to one Service, TLS inside of what leads into the pod; idle ones are kept for the next call. */
export class ServiceAgent extends Agent {
  readonly #open = new AbortController();

  constructor(
    private readonly dial: (signal: AbortSignal) => Promise<Duplex>,
    private readonly trust: { servername: string; ca?: string },
  ) {
    super({ keepAlive: true });
  }

  override createConnection(_options: RequestOptions, connected: Connected): undefined {
    this.#connect().then(
      (stream) => connected(null, stream),
      (error: unknown) => connected(error instanceof Error ? error : new Error(messageOf(error))),
    );
  }

  override destroy(): void {
    this.#open.abort();
    super.destroy();
  }

  async #connect(): Promise<Duplex> {
    // The signal ends the connection for as long as it lives, so the time limit is only for the dialling.
    const dialling = new AbortController();
    const timer = setTimeout(() => dialling.abort(), DIAL_TIMEOUT_MS);
    const stop = (): void => dialling.abort();
    this.#open.signal.addEventListener('abort', stop, { once: true });
    try {
      const socket = await this.dial(dialling.signal);
      socket.on('close', () => this.#open.signal.removeEventListener('abort', stop));
      return connectTls({ socket, ...this.trust });
    } finally {
      clearTimeout(timer);
    }
  }
}
