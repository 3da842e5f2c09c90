import { badRequest, methodNotAllowed } from '../../../../shared/api/errors.ts';
import type {
  LocalSubjectAccessReview,
  SelfSubjectAccessReview,
  SelfSubjectReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
} from '../../../../shared/api/kinds.ts';
import type { KubeObject } from '../../../../shared/api/meta.ts';
import { matchNamespace, throwIfInvalid } from '../../registry/checks.ts';
import { timestamp } from '../../registry/context.ts';
import { decodeBody } from '../../registry/decode-request.ts';
import { writeOptionsOf } from '../../registry/request-options.ts';
import { bodyOf, type ResourceDeps, type ResourceHandler } from '../../resource-request.ts';
import { userInfoOf } from '../authn/user-info.ts';
import type { PolicyRule } from '../rbac/policy-rule.ts';
import { aggregate } from '../rbac/rbac-authorizer.ts';
import { nodeOf, type UserInfo } from '../user.ts';
import { attributesOfReview } from './review-attributes.ts';

/** POST of a question: decoded, checked by its kind's rules, answered, and forgotten. */
const reviewing =
  <T extends KubeObject>(answer: (deps: ResourceDeps, review: T, user: UserInfo) => Promise<T> | T): ResourceHandler =>
  async (deps, request) => {
    const { target, call, warnings } = request;
    const { kind } = target;
    if (request.info.name !== '') throw methodNotAllowed();
    if (kind.type.namespaced && target.namespace === '')
      throw badRequest('an empty namespace may not be set during creation');
    const options = writeOptionsOf(call.query);
    const review = decodeBody(kind, bodyOf(request), options.fieldValidation, warnings);
    matchNamespace(target, review);
    throwIfInvalid(kind, '', kind.validate(review));
    return { type: 'object', code: 201, value: await answer(deps, review as T, target.user), kind, warnings };
  };

type AccessReview = SelfSubjectAccessReview | SubjectAccessReview | LocalSubjectAccessReview;

async function decided<T extends AccessReview>(deps: ResourceDeps, review: T, user: UserInfo): Promise<T> {
  const { attributes, ignored } = attributesOfReview(user, review.spec);
  const { verdict, reason } = await deps.authorizer.authorize(attributes);
  const status: AccessReview['status'] = {
    allowed: verdict === 'allow',
    ...(verdict === 'deny' ? { denied: true } : {}),
    ...(reason === '' ? {} : { reason }),
    ...(ignored.length > 0 ? { evaluationError: ignored.join('; ') } : {}),
  };
  return { ...review, status };
}

/** Whoever the review names, just as it names them: no group is added. */
const subjectOf = ({ spec }: SubjectAccessReview | LocalSubjectAccessReview): UserInfo => ({
  name: spec.user ?? '',
  groups: spec.groups ?? [],
  ...(spec.uid ? { uid: spec.uid } : {}),
  ...(spec.extra ? { extra: spec.extra } : {}),
});

export const reviewOwnAccess = reviewing<SelfSubjectAccessReview>(decided);
export const reviewAccess = reviewing<SubjectAccessReview>((deps, review) => decided(deps, review, subjectOf(review)));
export const reviewLocalAccess = reviewing<LocalSubjectAccessReview>((deps, review) =>
  decided(deps, review, subjectOf(review)),
);

/** Everything the user may do in a namespace, as `kubectl auth can-i --list` shows it. */
export const reviewOwnRules = reviewing<SelfSubjectRulesReview>((deps, review, user) => {
  const { namespace } = review.spec;
  if (!namespace) throw badRequest('no namespace on request');
  const { rules, errors } = deps.rules.rulesFor(user, namespace);
  const isNode = nodeOf(user) !== undefined;
  const all = isNode ? ['node authorizer does not support user rule resolution', ...errors] : errors;
  const { apiVersion, kind } = review;
  return {
    ...(apiVersion ? { apiVersion } : {}),
    ...(kind ? { kind } : {}),
    metadata: {},
    spec: {},
    status: {
      incomplete: isNode,
      resourceRules: rules.filter(({ resources }) => resources?.length).map(resourceRule),
      nonResourceRules: rules
        .filter(({ nonResourceURLs }) => nonResourceURLs?.length)
        .map(({ verbs, nonResourceURLs }) => ({ verbs, ...(nonResourceURLs ? { nonResourceURLs } : {}) })),
      ...(all.length > 0 ? { evaluationError: aggregate(all) } : {}),
    },
  };
});

const resourceRule = ({ nonResourceURLs: _paths, ...rule }: PolicyRule): Omit<PolicyRule, 'nonResourceURLs'> => rule;

/** Who the server takes the caller for (`kubectl auth whoami`). */
export const reviewSelf = reviewing<SelfSubjectReview>((deps, review, user) => ({
  ...review,
  metadata: { creationTimestamp: timestamp(deps.registry.clock.now()) } as NonNullable<SelfSubjectReview['metadata']>,
  status: { userInfo: userInfoOf(user) },
}));
