import type { FieldTerm } from '../../../shared/api/selector.ts';
import { ApiError, forbidden } from '../../../shared/api/errors.ts';
import { MASTERS_GROUP, type UserInfo } from './user.ts';

/** What is asked for: upstream's authorizer.Attributes. */
export interface Attributes {
  user: UserInfo;
  /** get, list, watch, create, update, patch, delete, deletecollection; for other paths the lower-case HTTP method. */
  verb: string;
  /** False for paths such as /version. */
  resourceRequest: boolean;
  apiGroup: string;
  apiVersion: string;
  resource: string;
  subresource: string;
  /** Empty at the cluster scope and for requests over all namespaces. */
  namespace: string;
  name: string;
  /** The path of a request that is not for a resource. */
  path: string;
  fieldTerms: readonly FieldTerm[];
}

export interface Decision {
  verdict: 'allow' | 'deny' | 'no-opinion';
  /** Shown to the user after a refusal. */
  reason: string;
}

/** Says whether a request may go on. `no-opinion` leaves it to the next one in the chain. */
export interface Authorizer {
  authorize(attributes: Attributes): Promise<Decision>;
}

export const ALLOW: Decision = { verdict: 'allow', reason: '' };
export const NO_OPINION: Decision = { verdict: 'no-opinion', reason: '' };
export const noOpinion = (reason: string): Decision => ({ verdict: 'no-opinion', reason });

/** The first that allows or denies decides; when none does, the request is refused with all reasons given. */
export function chainOf(authorizers: readonly Authorizer[]): Authorizer {
  return {
    async authorize(attributes) {
      const reasons: string[] = [];
      for (const authorizer of authorizers) {
        const decision = await authorizer.authorize(attributes);
        if (decision.verdict !== 'no-opinion') return decision;
        if (decision.reason !== '') reasons.push(decision.reason);
      }
      return noOpinion(reasons.join('\n'));
    },
  };
}

/** `system:masters` may do everything. */
export const mastersAuthorizer: Authorizer = {
  authorize: ({ user }) => Promise.resolve(user.groups.includes(MASTERS_GROUP) ? ALLOW : NO_OPINION),
};

/** The 403 of a refused request, in upstream's words. */
export function refusal(attributes: Attributes, reason: string): ApiError {
  const because = reason === '' ? '' : `: ${reason}`;
  const user = `User ${JSON.stringify(attributes.user.name)}`;
  if (!attributes.resourceRequest)
    return new ApiError(
      403,
      'Forbidden',
      `forbidden: ${user} cannot ${attributes.verb} path ${JSON.stringify(attributes.path)}${because}`,
      {},
    );
  const resource = attributes.subresource ? `${attributes.resource}/${attributes.subresource}` : attributes.resource;
  const scope = attributes.namespace
    ? `in the namespace ${JSON.stringify(attributes.namespace)}`
    : 'at the cluster scope';
  return forbidden(
    { group: attributes.apiGroup, plural: attributes.resource },
    attributes.name,
    `${user} cannot ${attributes.verb} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(attributes.apiGroup)} ${scope}${because}`,
  );
}
