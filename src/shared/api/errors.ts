import type { Status } from './meta.ts';

export interface StatusCause {
  reason: string;
  message: string;
  field?: string;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

/** The one error of the API: carries the `Status` that goes over the wire. Test with the predicates, never by message. */
export class ApiError extends Error {
  readonly status: Status;

  constructor(code: number, reason: string, message: string, details?: StatusDetails) {
    super(message);
    this.name = 'ApiError';
    this.status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      reason,
      ...(details ? { details: details as NonNullable<Status['details']> } : {}),
      code,
    };
  }

  get code(): number {
    return this.status.code ?? 500;
  }

  get reason(): string {
    return this.status.reason ?? '';
  }

  /** Rebuilds the error from a `Status` that came over the wire. */
  static fromStatus(status: Status): ApiError {
    return new ApiError(
      status.code ?? 500,
      status.reason ?? 'Unknown',
      status.message ?? 'unknown error',
      status.details as StatusDetails | undefined,
    );
  }
}

interface Resource {
  group: string;
  plural: string;
}

/** `pods "x"`, `deployments.apps "x"`: how upstream names an object in messages. */
function qualified(resource: Resource, name: string): string {
  return `${resource.plural}${resource.group ? `.${resource.group}` : ''} "${name}"`;
}

function about(resource: Resource, name: string, causes?: StatusCause[]): StatusDetails {
  return {
    name,
    ...(resource.group ? { group: resource.group } : {}),
    kind: resource.plural,
    ...(causes ? { causes } : {}),
  };
}

export const notFound = (resource: Resource, name: string): ApiError =>
  new ApiError(404, 'NotFound', `${qualified(resource, name)} not found`, about(resource, name));

export const alreadyExists = (resource: Resource, name: string): ApiError =>
  new ApiError(409, 'AlreadyExists', `${qualified(resource, name)} already exists`, about(resource, name));

/** Upstream's optimistic lock message; `why` replaces the default sentence. */
export const conflict = (
  resource: Resource,
  name: string,
  why = 'the object has been modified; please apply your changes to the latest version and try again',
): ApiError =>
  new ApiError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(resource, name)}: ${why}`,
    about(resource, name),
  );

/** 422 with one cause a field. `kind` is the Kind, as upstream writes it (`Deployment.apps "x" is invalid: …`). */
export function invalid(type: { group: string; kind: string }, name: string, causes: StatusCause[]): ApiError {
  const qualifiedKind = type.group ? `${type.kind}.${type.group}` : type.kind;
  const each = causes.map((cause) => (cause.field ? `${cause.field}: ${cause.message}` : cause.message));
  const text = each.length === 1 ? (each[0] ?? '') : `[${each.join(', ')}]`;
  return new ApiError(422, 'Invalid', `${qualifiedKind} "${name}" is invalid: ${text}`, {
    name,
    ...(type.group ? { group: type.group } : {}),
    kind: type.kind,
    causes,
  });
}

export const badRequest = (message: string): ApiError => new ApiError(400, 'BadRequest', message);
export const unauthorized = (): ApiError => new ApiError(401, 'Unauthorized', 'Unauthorized');
export const expired = (message: string): ApiError => new ApiError(410, 'Expired', message);
export const internalError = (message: string): ApiError =>
  new ApiError(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ reason: '', message }] });
export const methodNotAllowed = (): ApiError =>
  new ApiError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource');
export const unsupportedMediaType = (accepted: string[]): ApiError =>
  new ApiError(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );
export const tooLarge = (limit: number): ApiError =>
  new ApiError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${limit}`);
export const serviceUnavailable = (message: string): ApiError => new ApiError(503, 'ServiceUnavailable', message);

/** 403, with upstream's sentence (`pods "x" is forbidden: why`). */
export const forbidden = (resource: Resource, name: string, why: string): ApiError =>
  new ApiError(
    403,
    'Forbidden',
    `${resource.plural}${resource.group ? `.${resource.group}` : ''}${name ? ` "${name}"` : ''} is forbidden: ${why}`,
    about(resource, name),
  );

export const isApiError = (error: unknown): error is ApiError => error instanceof ApiError;
const hasReason = (error: unknown, reason: string): boolean => isApiError(error) && error.reason === reason;
export const isNotFound = (error: unknown): boolean => isApiError(error) && error.code === 404;
export const isConflict = (error: unknown): boolean => hasReason(error, 'Conflict');
export const isAlreadyExists = (error: unknown): boolean => hasReason(error, 'AlreadyExists');
/** The revision asked for is no longer held: list again. */
export const isGone = (error: unknown): boolean => isApiError(error) && error.code === 410;
export const isForbidden = (error: unknown): boolean => isApiError(error) && error.code === 403;

/** A plain message of anything thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
