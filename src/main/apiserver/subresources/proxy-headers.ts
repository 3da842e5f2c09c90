import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';

/** Headers that are between two hops (RFC 9110, 7.6.1), and those that are for us and nobody behind us. */
const HOP = [
  ...['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'te', 'trailer'],
  ...['transfer-encoding', 'upgrade', 'http2-settings'],
];
const OURS = ['authorization', 'host', 'content-length', 'expect'];

const listedIn = (connection: string | string[] | undefined): string[] =>
  String(connection ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter(Boolean);

/** The headers of a request as they go on: what is the client's own, and where it came in. */
export function forwardedHeaders(
  headers: IncomingHttpHeaders,
  { path, host }: { path: string; host: string },
): OutgoingHttpHeaders {
  const dropped = new Set([...HOP, ...OURS, ...listedIn(headers.connection)]);
  const kept = Object.entries(headers).filter(
    ([name, value]) =>
      value !== undefined && !name.startsWith(':') && !name.startsWith('impersonate-') && !dropped.has(name),
  );
  return {
    ...Object.fromEntries(kept),
    host,
    'x-forwarded-uri': path,
    'x-forwarded-proto': 'https',
    ...(headers.host ? { 'x-forwarded-host': headers.host } : {}),
  };
}

/** The headers of an answer as they go back. */
export function returnedHeaders(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  const dropped = new Set([...HOP, ...listedIn(headers.connection)]);
  return Object.fromEntries(
    Object.entries(headers).filter(
      (entry): entry is [string, string | string[]] => entry[1] !== undefined && !dropped.has(entry[0]),
    ),
  );
}
