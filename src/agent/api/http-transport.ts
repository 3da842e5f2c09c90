import type { IncomingMessage } from 'node:http';
import { request as httpsRequest, type Agent } from 'node:https';
import { ApiError } from '../../shared/api/errors.ts';
import type { Status, WatchEvent } from '../../shared/api/meta.ts';
import type { ApiRequest, Query, Transport } from '../../shared/client/transport.ts';
import { jsonLines } from './json-lines.ts';

/** How long an answer may take before the connection counts as dead (as a kubelet gives its lease). */
const REQUEST_TIMEOUT_MS = 10_000;

/**
 * Reaches the API server over TLS through an https.Agent. A request that times out closes every connection of the
 * agent: a tunnel that swallows bytes would otherwise keep watches waiting for ever.
 */
export class HttpTransport implements Transport {
  constructor(
    private readonly agent: Agent,
    private readonly serverName: string,
    private readonly timeoutMs: number = REQUEST_TIMEOUT_MS,
  ) {}

  async request<T>(request: ApiRequest): Promise<T> {
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const timeout = AbortSignal.timeout(this.timeoutMs);
    const signal = request.signal ? AbortSignal.any([timeout, request.signal as globalThis.AbortSignal]) : timeout;
    try {
      const response = await this.#send(
        request.method,
        request.path,
        request.query ?? {},
        signal,
        body,
        request.contentType,
      );
      const text = await readText(response);
      if (isFailure(response)) throw toError(response, text);
      return JSON.parse(text) as T;
    } catch (error) {
      if (timeout.aborted) {
        this.agent.destroy();
        throw new Error(`no answer from the API server within ${this.timeoutMs} ms`, { cause: error });
      }
      throw error;
    }
  }

  async *watch<T>(request: { path: string; query: Query; signal: AbortSignal }): AsyncIterable<WatchEvent<T>> {
    for await (const line of jsonLines(this.stream(request))) yield line as WatchEvent<T>;
  }

  async *stream(request: { path: string; query: Query; signal: AbortSignal }): AsyncIterable<Uint8Array> {
    const signal = request.signal as globalThis.AbortSignal;
    const response = await this.#send('GET', request.path, request.query, signal);
    if (isFailure(response)) throw toError(response, await readText(response));
    yield* response as AsyncIterable<Uint8Array>;
  }

  #send(
    method: string,
    path: string,
    query: Query,
    signal: globalThis.AbortSignal,
    body?: string,
    contentType = 'application/json',
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const outgoing = httpsRequest(
        {
          agent: this.agent,
          host: this.serverName,
          method,
          path: path + queryString(query),
          signal,
          headers: {
            accept: 'application/json',
            'user-agent': 'wheelhouse-agent',
            ...(body === undefined ? {} : { 'content-type': contentType, 'content-length': Buffer.byteLength(body) }),
          },
        },
        resolve,
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }
}

function queryString(query: Query): string {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined) parameters.set(key, value);
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}

const isFailure = (response: IncomingMessage): boolean => (response.statusCode ?? 500) >= 400;

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** The server's Status, or one made up from an answer that is none (a proxy's, or a plain 404). */
function toError(response: IncomingMessage, text: string): ApiError {
  try {
    const status = JSON.parse(text) as Status;
    if (status.kind === 'Status') return ApiError.fromStatus(status);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  const code = response.statusCode ?? 500;
  return new ApiError(code, code === 404 ? 'NotFound' : 'Unknown', text.trim() || `the server answered ${code}`);
}
