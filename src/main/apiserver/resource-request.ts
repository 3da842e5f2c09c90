import type { NodeDialer } from './node-dialer.ts';
import type { Answer, ApiCall } from './api-call.ts';
import type { RegistryContext, Target } from './registry/context.ts';
import type { RequestBody } from './registry/decode-request.ts';
import type { RequestInfo } from './request-info.ts';
import { badRequest } from '../../shared/api/errors.ts';

/** What the handlers of resources and subresources work with. */
export interface ResourceDeps {
  registry: RegistryContext;
  dialNode: NodeDialer;
}

/** An authorized request for a resource of a known kind. Handlers add to `warnings` what the client should be told. */
export interface ResourceRequest {
  call: ApiCall;
  info: RequestInfo;
  target: Target;
  warnings: string[];
}

export type ResourceHandler = (deps: ResourceDeps, request: ResourceRequest) => Promise<Answer>;

/** The body of a request that must have one. */
export function bodyOf(request: ResourceRequest): RequestBody {
  const { body } = request.call;
  if (!body || ('bytes' in body && body.bytes.length === 0)) throw badRequest('the request has no body');
  return body;
}
