import type { ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import type { Writable } from 'node:stream';
import type { Status } from '../../../shared/api/meta.ts';

export type HttpResponse = ServerResponse | Http2ServerResponse;

const JSON_TYPE = 'application/json';
/** Headers in all carry at most this much of warnings (upstream's limit). */
const LONGEST_WARNINGS = 4096;

/** Values of `Warning` headers: `299 - "text"`, duplicates and what is too much left out. */
export function warningHeaders(warnings: readonly string[]): string[] {
  let room = LONGEST_WARNINGS;
  const headers: string[] = [];
  for (const text of new Set(warnings)) {
    // Header text is ASCII without control characters; quotes and backslashes are escaped.
    const clean = text.replace(/[^\u0020-\u007e]/g, '?').replace(/["\\]/g, '\\$&');
    if (clean.length > room) break;
    room -= clean.length;
    headers.push(`299 - "${clean}"`);
  }
  return headers;
}

function headersOf(contentType: string, warnings: readonly string[] = []): Record<string, string | string[]> {
  const values = warningHeaders(warnings);
  return {
    'content-type': contentType,
    'cache-control': 'no-cache, private',
    ...(values.length > 0 ? { warning: values } : {}),
  };
}

/** Begins a response whose body follows. */
export function begin(response: HttpResponse, code: number, contentType: string, warnings?: readonly string[]): void {
  (response as ServerResponse).writeHead(code, headersOf(contentType, warnings));
}

/** Begins a response that is someone else's answer: with its headers, and none of ours. */
export function passOn(
  response: HttpResponse,
  code: number,
  headers: Readonly<Record<string, string | string[]>>,
): void {
  (response as ServerResponse).writeHead(code, headers);
}

/** Sends the headers now, before there is anything to follow. */
export function flushHead(response: HttpResponse): void {
  // HTTP/2 sends them with writeHead.
  if ('flushHeaders' in response) response.flushHeaders();
}

function sendJson(response: HttpResponse, code: number, text: string, warnings: readonly string[] = []): void {
  begin(response, code, JSON_TYPE, warnings);
  response.end(text);
}

/** Sends a Status. Nothing when a response has begun: the stream is then cut, which the client sees. */
export function sendStatus(response: HttpResponse, status: Status): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const retry = status.details?.retryAfterSeconds;
  if (retry !== undefined) response.setHeader('retry-after', String(retry));
  sendJson(response, status.code ?? 500, JSON.stringify(status));
}

/** Resolves when a full stream has room again, or is closed. */
export function roomIn(stream: Pick<Writable, 'on' | 'off'>): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done).off('close', done);
      resolve();
    };
    stream.on('drain', done).on('close', done);
  });
}

/** Writes one piece and waits until there is room for more. False when the client is gone. */
export async function writePiece(response: HttpResponse, piece: string | Uint8Array): Promise<boolean> {
  if (response.destroyed || response.writableEnded) return false;
  if ((response as ServerResponse).write(piece)) return true;
  await roomIn(response as ServerResponse);
  return !response.destroyed;
}
