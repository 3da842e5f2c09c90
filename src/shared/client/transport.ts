import type { WatchEvent } from '../api/meta.ts';

export type Query = Record<string, string | undefined>;

export interface ApiRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path without query, e.g. `/api/v1/namespaces/default/pods`. */
  path: string;
  query?: Query;
  /** A JSON value; owned by the receiver from here on. */
  body?: unknown;
  /** Default application/json; patches say their type. */
  contentType?: string;
  signal?: AbortSignal;
}

/**
 * How a client reaches the API server: in the same process (no sockets, no JSON, frozen objects), or over TLS.
 * Every method rejects with `ApiError` when the server answered with a Status, and with a plain Error when it could not be reached.
 */
export interface Transport {
  /** One request, one JSON value. What comes back may be frozen and shared: never change it. */
  request<T>(request: ApiRequest): Promise<T>;
  /** A watch. Ends when the server ends it or `signal` aborts; throws on an unreachable server. ERROR events are yielded, not thrown. */
  watch<T>(request: { path: string; query: Query; signal: AbortSignal }): AsyncIterable<WatchEvent<T>>;
  /** A plain byte stream, such as a log. */
  stream(request: { path: string; query: Query; signal: AbortSignal }): AsyncIterable<Uint8Array>;
}
