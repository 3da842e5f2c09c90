import type { TokenReview } from '../../../../shared/api/kinds.ts';
import { badRequest, methodNotAllowed } from '../../../../shared/api/errors.ts';
import { decodeBody } from '../../registry/decode-request.ts';
import { writeOptionsOf } from '../../registry/request-options.ts';
import { bodyOf, type ResourceHandler } from '../../resource-request.ts';
import { authenticated } from '../user.ts';
import type { BearerIdentity } from './bearer-identity.ts';
import { API_AUDIENCES } from './token-issuer.ts';
import { TokenError } from './token-verifier.ts';
import { userInfoOf } from './user-info.ts';

/** POST tokenreviews: whose a token is, for somebody else's server (pkg/registry/authentication/tokenreview). */
export const createTokenReview: ResourceHandler = async (deps, request) => {
  if (request.info.name !== '') throw methodNotAllowed();
  const { kind } = request.target;
  const options = writeOptionsOf(request.call.query);
  const review = decodeBody(kind, bodyOf(request), options.fieldValidation, request.warnings) as TokenReview;
  if (review.metadata?.namespace) throw badRequest('namespace must be empty');
  const { token, audiences } = review.spec;
  if (!token) throw badRequest('token is required for TokenReview in authentication');
  const wanted = audiences?.length ? audiences : API_AUDIENCES;

  let status: TokenReview['status'];
  try {
    const identity = await deps.bearerTokens.authenticate(token, wanted, request.call.annotate);
    status = identity ? goodStatus(identity) : { user: {}, error: 'invalid bearer token' };
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    status = { user: {}, error: `[invalid bearer token, ${error.message}]` };
  }
  return { type: 'object', code: 201, value: { ...review, status }, warnings: request.warnings };
};

function goodStatus({ user, audiences }: BearerIdentity): NonNullable<TokenReview['status']> {
  return { authenticated: true, user: userInfoOf(authenticated(user)), audiences: [...audiences] };
}
