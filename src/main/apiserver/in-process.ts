import { setImmediate as nextTurn } from 'node:timers/promises';
import { ApiError, badRequest } from '../../shared/api/errors.ts';
import type { KubeObject, Status, WatchEvent } from '../../shared/api/meta.ts';
import type { ApiRequest, Query, Transport } from '../../shared/client/transport.ts';
import type { Answer, ApiCall } from './api-call.ts';
import type { ApiHandler } from './api-handler.ts';
import type { AuditRecorder } from './audit/audit-recorder.ts';
import { isRead } from './audit/policy.ts';
import { authenticated, type UserInfo } from './auth/user.ts';
import { bookmarkOf } from './bookmark.ts';
import { listTypeOf } from './resource-handlers.ts';
import type { WatchItem } from './registry/watch-event.ts';

const NEVER = new AbortController().signal;

function searchOf(query: Query | undefined): URLSearchParams {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) search.append(name, value);
  return search;
}

/**
 * The API for clients in the same process: the same authorization, admission and registry, with neither sockets nor
 * JSON. Objects handed out are the stored ones, frozen; bodies are decoded into copies, so a client may pass what it got.
 */
export function inProcessTransport(handler: ApiHandler, who: UserInfo, audit?: AuditRecorder): Transport {
  const user = authenticated(who);
  const callOf = (request: Omit<ApiRequest, 'signal'>, signal: AbortSignal | undefined): ApiCall => ({
    user,
    method: request.method,
    path: request.path,
    query: searchOf(request.query),
    body:
      request.body === undefined
        ? undefined
        : { value: request.body, contentType: request.contentType ?? 'application/json' },
    signal: signal ?? NEVER,
  });

  return {
    async request<T>(request: ApiRequest): Promise<T> {
      const signal = request.signal as AbortSignal | undefined;
      signal?.throwIfAborted();
      const call = callOf(request, signal);
      return (await valueOf(await (audit ? audited(handler, call, audit) : handler.handle(call)))) as T;
    },

    async *watch<T>(request: { path: string; query: Query; signal: AbortSignal }): AsyncGenerator<WatchEvent<T>> {
      const query = { ...request.query, watch: 'true' };
      const answer = await handler.handle(callOf({ method: 'GET', path: request.path, query }, request.signal));
      if (answer.type !== 'watch') throw badRequest(`${request.path} cannot be watched`);
      for await (const batch of answer.events) {
        for (const item of batch) yield eventOf(item, answer.kind) as WatchEvent<T>;
        // Everyone else gets a turn between two batches.
        await nextTurn();
      }
    },

    async *stream(request): AsyncGenerator<Uint8Array> {
      const { path, query, signal } = request;
      const answer = await handler.handle(callOf({ method: 'GET', path, query }, signal as AbortSignal));
      if (answer.type === 'stream') yield* answer.body;
      else if (answer.type === 'text' && answer.text !== '') yield Buffer.from(answer.text);
    },
  };
}

/** Writes go into the audit log like anybody's; what our own parts read, all the time, does not. */
async function audited(handler: ApiHandler, call: ApiCall, audit: AuditRecorder): Promise<Answer> {
  if (isRead(call.method.toLowerCase())) return handler.handle(call);
  const { method, path, query, user } = call;
  const entry = audit.begin({ method, path, query, inProcess: true });
  entry.identified(user, undefined);
  entry.received(call.body);
  try {
    const answer = await handler.handle({ ...call, annotate: entry.annotate });
    entry.answered(answer);
    return answer;
  } catch (error) {
    entry.failed(error);
    throw error;
  }
}

function eventOf(item: WatchItem, kind: Extract<Answer, { type: 'watch' }>['kind']): WatchEvent<unknown> {
  switch (item.type) {
    case 'ERROR':
      return { type: 'ERROR', object: item.status };
    case 'BOOKMARK':
      return { type: 'BOOKMARK', object: bookmarkOf(kind, item.revision, item.initialEventsEnd) };
    default:
      return { type: item.type, object: item.value as unknown as KubeObject };
  }
}

async function valueOf(answer: Answer): Promise<unknown> {
  switch (answer.type) {
    case 'object':
      return answer.value;
    case 'list':
      return { ...listTypeOf(answer.kind), metadata: answer.metadata, items: answer.items };
    case 'text':
      return parsed(answer.text, answer.code, answer.contentType);
    case 'stream': {
      const chunks: Uint8Array[] = [];
      for await (const chunk of answer.body) chunks.push(chunk);
      return parsed(Buffer.concat(chunks).toString(), answer.code, answer.contentType);
    }
    case 'watch':
      throw badRequest('a watch is not a single value: use watch()');
  }
}

/** A text answer as a remote client would see it: an error is thrown, JSON is read. */
function parsed(text: string, code: number, contentType: string): unknown {
  if (code >= 400) throw ApiError.fromStatus(notServed(code));
  return contentType.startsWith('application/json') ? JSON.parse(text) : text;
}

const notServed = (code: number): Status => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message: 'the server could not find the requested resource',
  reason: 'NotFound',
  details: {},
  code,
});
