import type { BearerAuthenticator } from './auth/authn/bearer-authenticator.ts';
import type { TokenIssuer } from './auth/authn/token-issuer.ts';
import type { MetricsSource } from './metrics-api/metrics-source.ts';
import type { NodeDialer } from './node-dialer.ts';
import type { Answer, ApiCall } from './api-call.ts';
import type { Authorizer } from './auth/authorizer.ts';
import type { RuleResolver } from './auth/rbac/rule-resolver.ts';
import type { RegistryContext, Target } from './registry/context.ts';
import type { RequestBody } from './registry/decode-request.ts';
import type { RequestInfo } from './request-info.ts';
import { badRequest } from '../../shared/api/errors.ts';

/** What the handlers of resources and subresources work with. */
export interface ResourceDeps {
  registry: RegistryContext;
  dialNode: NodeDialer;
  /** What nodes and pods use. */
  metricsSource: MetricsSource;
  /** Decides about requests; asked again by reviews. */
  authorizer: Authorizer;
  /** Which rules of RBAC apply to whom. */
  rules: RuleResolver;
  /** Signs service account tokens. */
  tokenIssuer: TokenIssuer;
  /** Tells whose a token is, for reviews. */
  bearerTokens: BearerAuthenticator;
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
