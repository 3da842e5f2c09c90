import { randomUUID } from 'node:crypto';
import { isApiError } from '../../../shared/api/errors.ts';
import type { Status } from '../../../shared/api/meta.ts';
import type { Clock } from '../../../shared/logger.ts';
import type { Answer } from '../api-call.ts';
import { userInfoOf } from '../auth/authn/user-info.ts';
import type { UserInfo } from '../auth/user.ts';
import { asObject, asStored } from '../registry/as-object.ts';
import { readBody, type RequestBody } from '../registry/decode-request.ts';
import { isPlainObject } from '../registry/plain-object.ts';
import { requestInfoOf, type RequestInfo } from '../request-info.ts';
import type { Annotate } from './annotate.ts';
import { microTime, type AuditEvent, type AuditObjectRef, type AuditStage } from './event.ts';
import { isRead, levelOf, type AuditMode } from './policy.ts';

/** Where events go. Must return at once and never throw. */
export interface AuditSink {
  push(event: AuditEvent): void;
}

/** What is known of a request before anybody looked at it. */
export interface AuditedRequest {
  method: string;
  /** As it was sent, without the query. */
  path: string;
  query: URLSearchParams;
  /** Given by the client; made when absent. */
  id?: string | undefined;
  sourceIps?: readonly string[];
  userAgent?: string | undefined;
  /** A part of this process, whose reads are not written down. */
  inProcess: boolean;
}

/** Longer ids of clients are not taken (upstream's limit). */
const LONGEST_ID = 64;

/** Makes the audit events of requests. */
export class AuditRecorder {
  constructor(
    private readonly sink: AuditSink,
    private readonly mode: AuditMode,
    private readonly clock: Clock,
  ) {}

  begin(request: AuditedRequest): AuditEntry {
    return new AuditEntry(this.sink, this.mode, this.clock, request);
  }
}

/** One request on its way: told what comes to be known, it writes its events. */
export class AuditEntry {
  readonly id: string;
  readonly #info: RequestInfo | undefined;
  readonly #receivedMs: number;
  readonly #annotations = new Map<string, string>();
  #user: UserInfo | undefined;
  #impersonated: UserInfo | undefined;
  #body: RequestBody | undefined;
  #object: { name?: string; uid?: string } = {};

  constructor(
    private readonly sink: AuditSink,
    private readonly mode: AuditMode,
    private readonly clock: Clock,
    private readonly request: AuditedRequest,
  ) {
    const { id } = request;
    this.id = id && id.length <= LONGEST_ID ? id : randomUUID();
    this.#receivedMs = clock.now();
    this.#info = infoOf(request);
  }

  readonly annotate: Annotate = (key, value) => {
    if (!this.#annotations.has(key)) this.#annotations.set(key, value);
  };

  /** Who it is, and whom they are taken for. */
  identified(user: UserInfo, impersonated: UserInfo | undefined): void {
    this.#user = user;
    this.#impersonated = impersonated;
  }

  /** The body, which is read only when it is to be written down. */
  received(body: RequestBody | undefined): void {
    this.#body = body;
  }

  /** The headers of an answer that lasts (a watch, a terminal) went out. */
  started(code: number): void {
    this.#write('ResponseStarted', { code });
  }

  answered(answer: Answer): void {
    if (answer.type === 'object' && answer.kind && this.#info && !isRead(this.#info.verb)) {
      const { name, uid } = asObject(asStored(answer.value)).metadata ?? {};
      this.#object = { ...(name ? { name } : {}), ...(uid ? { uid } : {}) };
    }
    const code = 'code' in answer ? answer.code : 200;
    this.#write('ResponseComplete', { code });
  }

  completed(code: number): void {
    this.#write('ResponseComplete', { code });
  }

  failed(error: unknown): void {
    if (!isApiError(error)) return this.#write('ResponseComplete', { code: 500 });
    const { status, message, reason, details, code = 500 } = error.status;
    this.#write('ResponseComplete', {
      ...(status === undefined ? {} : { status }),
      ...(message === undefined ? {} : { message }),
      ...(reason === undefined ? {} : { reason }),
      ...(details === undefined ? {} : { details }),
      code,
    });
  }

  #write(
    stage: AuditStage,
    status: Pick<Status, 'status' | 'message' | 'reason' | 'details'> & { code: number },
  ): void {
    const { request } = this;
    const info = this.#info;
    const level = levelOf(this.mode, { info, inProcess: request.inProcess, code: status.code });
    if (!level) return;
    const query = request.query.toString();
    const body = level === 'Request' ? bodyValueOf(this.#body) : undefined;
    this.sink.push({
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level,
      auditID: this.id,
      stage,
      requestURI: query === '' ? request.path : `${request.path}?${query}`,
      verb: info?.verb ?? request.method.toLowerCase(),
      user: this.#user ? userInfoOf(this.#user) : { username: '' },
      ...(this.#impersonated ? { impersonatedUser: userInfoOf(this.#impersonated) } : {}),
      ...(request.sourceIps?.length ? { sourceIPs: request.sourceIps } : {}),
      ...(request.userAgent ? { userAgent: request.userAgent } : {}),
      ...(info?.resourceRequest ? { objectRef: { ...refOf(info), ...this.#object } } : {}),
      responseStatus: { metadata: {}, ...status },
      ...(body === undefined ? {} : { requestObject: body }),
      requestReceivedTimestamp: microTime(this.#receivedMs),
      stageTimestamp: microTime(this.clock.now()),
      ...(this.#annotations.size > 0 ? { annotations: Object.fromEntries(this.#annotations) } : {}),
    });
  }
}

function infoOf({ method, path, query }: AuditedRequest): RequestInfo | undefined {
  try {
    return requestInfoOf(method, path, query);
  } catch (error) {
    if (isApiError(error)) return undefined;
    throw error;
  }
}

function refOf(info: RequestInfo): AuditObjectRef {
  const { resource, namespace, name, apiGroup, apiVersion, subresource } = info;
  return Object.fromEntries(
    Object.entries({ resource, namespace, name, apiGroup, apiVersion, subresource }).filter(
      ([, value]) => value !== '',
    ),
  );
}

/** The body as a JSON value, without managed fields; undefined for none, and for one that could not be read. */
function bodyValueOf(body: RequestBody | undefined): unknown {
  if (!body || ('bytes' in body && body.bytes.length === 0)) return undefined;
  try {
    return withoutManagedFields(readBody(body).value);
  } catch (error) {
    if (isApiError(error)) return undefined;
    throw error;
  }
}

function withoutManagedFields(value: unknown): unknown {
  if (!isPlainObject(value) || !isPlainObject(value['metadata'])) return value;
  const { managedFields: _fields, ...metadata } = value['metadata'];
  return { ...value, metadata };
}
