import { STREAM_CREATION_TIMEOUT_MS } from './client-connection.ts';
import type { SpdyStream } from './spdy/stream.ts';

/** The two streams of one forwarded TCP connection. */
export interface StreamPair {
  /** 1 to 65535, in the pod. */
  port: number;
  data: SpdyStream;
  /** Ended without a word when all went well, else with what went wrong. */
  error: SpdyStream;
}

interface HalfPair {
  data?: SpdyStream;
  error?: SpdyStream;
  timeout: NodeJS.Timeout;
}

/** Brings a port-forward's streams together by their request id; those that stay alone are reset. */
export class StreamPairs {
  readonly #waiting = new Map<string, HalfPair>();

  constructor(private readonly onPair: (pair: StreamPair) => void) {}

  /** Takes a new stream; refuses one that says nothing sensible. */
  add(stream: SpdyStream): void {
    const type = stream.headers.get('streamtype');
    const port = portOf(stream.headers.get('port'));
    if ((type !== 'data' && type !== 'error') || port === undefined) return stream.refuse();
    const id = requestIdOf(stream, type);
    const pair: HalfPair = this.#waiting.get(id) ?? {
      timeout: setTimeout(() => this.#giveUp(id), STREAM_CREATION_TIMEOUT_MS),
    };
    if (pair[type]) return stream.refuse();
    this.#waiting.set(id, pair);
    pair[type] = stream;
    if (!pair.data || !pair.error) return;
    clearTimeout(pair.timeout);
    this.#waiting.delete(id);
    this.onPair({ port, data: pair.data, error: pair.error });
  }

  close(): void {
    for (const id of [...this.#waiting.keys()]) this.#giveUp(id);
  }

  #giveUp(id: string): void {
    const pair = this.#waiting.get(id);
    this.#waiting.delete(id);
    clearTimeout(pair?.timeout);
    pair?.data?.destroy();
    pair?.error?.destroy();
  }
}

/** Clients before Kubernetes 1.6 give no request id; they open the data stream right after its error stream. */
function requestIdOf(stream: SpdyStream, type: 'data' | 'error'): string {
  return stream.headers.get('requestid') ?? `stream ${type === 'error' ? stream.id : stream.id - 2}`;
}

function portOf(text: string | undefined): number | undefined {
  const port = /^\d{1,5}$/.test(text ?? '') ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}
