import { methodNotAllowed } from '../../shared/api/errors.ts';
import { createTokenReview } from './auth/authn/token-review.ts';
import {
  reviewAccess,
  reviewLocalAccess,
  reviewOwnAccess,
  reviewOwnRules,
  reviewSelf,
} from './auth/reviews/reviews.ts';
import { NODE_METRICS, POD_METRICS } from './metrics-api/metrics-resources.ts';
import type { ResourceHandler } from './resource-request.ts';
import { createBinding } from './subresources/binding.ts';

/**
 * Resources that are computed and never stored (reviews, bindings, metrics), by `GROUP/PLURAL` and verb. Their kinds
 * are declared as `virtual` with the same verbs.
 */
export const VIRTUAL_RESOURCES: ReadonlyMap<string, Readonly<Record<string, ResourceHandler>>> = new Map<
  string,
  Readonly<Record<string, ResourceHandler>>
>([
  ['/bindings', { create: createBinding }],
  ['metrics.k8s.io/nodes', NODE_METRICS],
  ['metrics.k8s.io/pods', POD_METRICS],
  ['authentication.k8s.io/tokenreviews', { create: createTokenReview }],
  ['authentication.k8s.io/selfsubjectreviews', { create: reviewSelf }],
  ['authorization.k8s.io/selfsubjectaccessreviews', { create: reviewOwnAccess }],
  ['authorization.k8s.io/selfsubjectrulesreviews', { create: reviewOwnRules }],
  ['authorization.k8s.io/subjectaccessreviews', { create: reviewAccess }],
  ['authorization.k8s.io/localsubjectaccessreviews', { create: reviewLocalAccess }],
]);

/** Throws 405 for a verb the resource does not have. */
export function virtualHandler(group: string, plural: string, verb: string): ResourceHandler {
  const verbs = VIRTUAL_RESOURCES.get(`${group}/${plural}`);
  const handler = verbs && Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (!handler) throw methodNotAllowed();
  return handler;
}
