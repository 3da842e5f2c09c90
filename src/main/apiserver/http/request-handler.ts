import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import { type ApiError, internalError, isApiError, messageOf } from '../../../shared/api/errors.ts';
import type { Clock, Logger } from '../../../shared/logger.ts';
import type { KindCatalog } from '../../resources/catalog.ts';
import type { Answer, ApiCall } from '../api-call.ts';
import type { ApiHandler } from '../api-handler.ts';
import type { AuditedRequest, AuditEntry, AuditRecorder } from '../audit/audit-recorder.ts';
import type { Authenticator, PeerIdentity } from '../auth/authenticator.ts';
import { impersonated, wantedUserOf } from '../auth/authn/impersonation.ts';
import type { Authorizer } from '../auth/authorizer.ts';
import { MASTERS_GROUP, type UserInfo } from '../auth/user.ts';
import type { RequestMetrics } from '../metrics.ts';
import { requestInfoOf, type RequestInfo } from '../request-info.ts';
import { asObject, asStored } from '../registry/as-object.ts';
import { jsonOf } from '../registry/json-value.ts';
import { tableOf } from '../../resources/table.ts';
import { includeObjectOf, shapeOf, type Shape } from './accept.ts';
import { isLimited, isMutating, type FlowControl } from './flow-control.ts';
import { metricLabelsOf } from './metric-labels.ts';
import { partialMetadataOf } from './partial-metadata.ts';
import { readRequestBody } from './read-body.ts';
import { AnswerBody, takesGzip } from './answer-body.ts';
import { begin, passOn, flushHead, sendStatus, writePiece, type HttpResponse } from './response.ts';
import { writeList } from './write-list.ts';
import { WatchEncoder, writeWatch } from './write-watch.ts';

export type HttpRequest = IncomingMessage | Http2ServerRequest;

export interface HttpDeps {
  handler: ApiHandler;
  catalog: KindCatalog;
  authenticator: Authenticator;
  /** Asked whether a user may act as another. */
  authorizer: Authorizer;
  /** Absent when no audit log is kept. */
  audit?: AuditRecorder | undefined;
  metrics: RequestMetrics;
  flow: FlowControl;
  clock: Clock;
  log: Logger;
}

const METHODS_WITH_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/** Splits a request target without normalising it: the path must be judged as it was sent. */
export function splitTarget(target: string): { path: string; query: URLSearchParams } {
  const question = target.indexOf('?');
  return question < 0
    ? { path: target, query: new URLSearchParams() }
    : { path: target.slice(0, question), query: new URLSearchParams(target.slice(question + 1)) };
}

/** Carries one HTTP request to the API and its answer back. Never throws. */
export async function handleRequest(
  deps: HttpDeps,
  request: HttpRequest,
  response: HttpResponse,
  peer: PeerIdentity | undefined,
): Promise<void> {
  const startedMs = performance.now();
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  response.on('error', () => gone.abort());
  const { path, query } = splitTarget(request.url ?? '/');
  const method = request.method ?? 'GET';
  const info = readInfo(method, path, query);
  let audit: AuditEntry | undefined;
  let streamed = false;
  let leave: (() => void) | undefined;
  try {
    audit = deps.audit?.begin(auditedRequestOf(request, method, path, query));
    if (audit) response.setHeader('audit-id', audit.id);
    const user = await userOf(deps, request, peer, audit);
    const bytes = METHODS_WITH_BODY.has(method) ? await readRequestBody(request) : undefined;
    const call: ApiCall = {
      user,
      method,
      path,
      query,
      accept: request.headers.accept ?? '',
      headers: request.headers,
      ifNoneMatch: request.headers['if-none-match'],
      userAgent: request.headers['user-agent'],
      body: bytes && { bytes, contentType: request.headers['content-type'] ?? '' },
      signal: gone.signal,
      ...(audit ? { annotate: audit.annotate } : {}),
    };
    audit?.received(call.body);
    leave = await entered(deps, call, info);
    const answer = await deps.handler.handle(call);
    streamed = answer.type === 'watch' || answer.type === 'stream';
    if (streamed) audit?.started('code' in answer ? answer.code : 200);
    const ended = streamed ? deps.metrics.longRunning(metricLabelsOf(deps.catalog, info)) : undefined;
    try {
      await writeAnswer(deps, response, answer, call, takesGzip(request.headers['accept-encoding']?.toString()));
    } finally {
      ended?.();
    }
    audit?.answered(answer);
  } catch (error) {
    audit?.failed(error);
    sendError(deps, request, response, error, gone.signal);
  } finally {
    leave?.();
    const seconds = streamed ? undefined : (performance.now() - startedMs) / 1000;
    deps.metrics.observe(metricLabelsOf(deps.catalog, info), response.statusCode, seconds);
  }
}

/** What the request asks for; undefined when that cannot be read, which the handler says. */
function readInfo(method: string, path: string, query: URLSearchParams): RequestInfo | undefined {
  try {
    return requestInfoOf(method, path, query);
  } catch (error) {
    if (isApiError(error)) return undefined;
    throw error;
  }
}

/** A seat among the requests carried out at once. Administrators need none, as in upstream's `exempt` level. */
async function entered(
  deps: Pick<HttpDeps, 'flow'>,
  { user, signal }: ApiCall,
  info: RequestInfo | undefined,
): Promise<(() => void) | undefined> {
  if (!info || !isLimited(info) || user.groups.includes(MASTERS_GROUP)) return undefined;
  return deps.flow.enter(user.name, isMutating(info), signal);
}

/** Who makes the request, or whom its headers ask to be taken for. Throws 401, and 403 when that is not allowed. */
export async function userOf(
  deps: Pick<HttpDeps, 'authenticator' | 'authorizer'>,
  request: HttpRequest,
  peer: PeerIdentity | undefined,
  audit: AuditEntry | undefined,
): Promise<UserInfo> {
  const own = await deps.authenticator.authenticate(peer, request.headers.authorization, audit?.annotate);
  audit?.identified(own, undefined);
  const wanted = wantedUserOf(request.rawHeaders);
  if (!wanted) return own;
  const user = await impersonated(deps.authorizer, own, wanted);
  audit?.identified(own, user);
  return user;
}

/** What the audit log wants to know of a request. */
export function auditedRequestOf(
  request: HttpRequest,
  method: string,
  path: string,
  query: URLSearchParams,
): AuditedRequest {
  const forwarded = request.headers['x-forwarded-for'];
  const id = request.headers['audit-id'];
  const remote = request.socket.remoteAddress;
  const hops = typeof forwarded === 'string' ? forwarded.split(',').map((hop) => hop.trim()) : [];
  return {
    method,
    path,
    query,
    id: typeof id === 'string' ? id : undefined,
    sourceIps: remote === undefined ? hops : [...hops, remote],
    userAgent: request.headers['user-agent'],
    inProcess: false,
  };
}

function sendError(
  deps: HttpDeps,
  request: HttpRequest,
  response: HttpResponse,
  error: unknown,
  gone: AbortSignal,
): void {
  if (gone.aborted) return;
  if (!isApiError(error))
    deps.log.error(
      { error: messageOf(error), stack: error instanceof Error ? error.stack : undefined },
      'request failed',
    );
  const { status } = asApiError(error);
  // What is left of an unread body would be taken for the next request: close instead.
  if ((status.code === 413 || status.code === 408) && request.httpVersionMajor === 1)
    response.setHeader('connection', 'close');
  sendStatus(response, status);
}

async function writeAnswer(
  deps: HttpDeps,
  response: HttpResponse,
  answer: Answer,
  call: ApiCall,
  gzip: boolean,
): Promise<void> {
  const { accept, query } = call;
  const { warnings } = answer;
  const contentType = 'application/json';
  switch (answer.type) {
    case 'object': {
      const text = objectText(deps, answer, accept, query);
      return new AnswerBody(response, { code: answer.code, contentType, warnings }, gzip).end(text);
    }
    case 'text': {
      const etag = answer.etag && JSON.stringify(answer.etag);
      if (etag) response.setHeader('etag', etag);
      if (etag && call.ifNoneMatch === etag) return new AnswerBody(response, { ...answer, code: 304 }, false).end('');
      return new AnswerBody(response, answer, gzip).end(answer.text);
    }
    case 'stream':
      if (answer.headers) passOn(response, answer.code, answer.headers);
      else begin(response, answer.code, answer.contentType);
      for await (const chunk of answer.body) if (!(await writePiece(response, chunk))) return;
      response.end();
      return;
    case 'list': {
      const shape = shapeOf(accept);
      const body = new AnswerBody(response, { code: 200, contentType, warnings }, gzip);
      return writeList(body, answer, shape, { includeObject: includeObjectOf(query), now: deps.clock.now() });
    }
    case 'watch': {
      const shape = shapeOf(accept);
      const encoder = new WatchEncoder(answer.kind, shape, {
        includeObject: includeObjectOf(query),
        now: () => deps.clock.now(),
      });
      begin(response, 200, 'application/json');
      flushHead(response);
      return writeWatch(response, answer.events, encoder);
    }
  }
}

function objectText(
  deps: HttpDeps,
  answer: Extract<Answer, { type: 'object' }>,
  accept: string | undefined,
  query: URLSearchParams,
): string {
  const shape: Shape = shapeOf(accept);
  const { kind, value } = answer;
  if (!kind || shape === 'object') return Object.isFrozen(value) ? jsonOf(value) : JSON.stringify(value);
  const object = asObject(asStored(value));
  if (shape === 'partial') return JSON.stringify(partialMetadataOf(object));
  const resourceVersion = object.metadata?.resourceVersion;
  return JSON.stringify(
    tableOf(kind, [object], {
      now: deps.clock.now(),
      includeObject: includeObjectOf(query),
      listMeta: resourceVersion === undefined ? {} : { resourceVersion },
    }),
  );
}

/** Anything thrown, as what is sent for it. */
export const asApiError = (error: unknown): ApiError => (isApiError(error) ? error : internalError(messageOf(error)));
