import {
  LOCAL_SUBJECT_ACCESS_REVIEWS,
  SELF_SUBJECT_ACCESS_REVIEWS,
  SELF_SUBJECT_REVIEWS,
  SELF_SUBJECT_REVIEWS_V1BETA1,
  SELF_SUBJECT_RULES_REVIEWS,
  SUBJECT_ACCESS_REVIEWS,
  type LocalSubjectAccessReview,
  type SelfSubjectAccessReview,
  type SelfSubjectReview,
  type SelfSubjectRulesReview,
  type SubjectAccessReview,
} from '../../../shared/api/kinds.ts';
import { ageColumn, nameColumn } from '../columns/columns.ts';
import type { KindDefinition } from '../definition.ts';
import {
  validateLocalSubjectAccessReview,
  validateSelfSubjectAccessReview,
  validateSubjectAccessReview,
} from '../validation/access-review.ts';

/** Who am I, and who may do what: questions that are answered when they are asked and never stored. */

const QUESTION = {
  shortNames: [],
  categories: [],
  durability: 'durable',
  virtual: true,
  verbs: ['create'],
  hasStatus: false,
  subresources: [],
  nameRule: 'path-segment',
  allowUnconditionalUpdate: false,
  allowCreateOnUpdate: false,
  selectableFields: {},
  setDefaults() {
    // A question has no defaults.
  },
  columns: [nameColumn(), ageColumn()],
} as const satisfies Partial<KindDefinition>;

const AUTHORIZATION = 'io.k8s.api.authorization.v1';

export const selfSubjectAccessReviewKind: KindDefinition<SelfSubjectAccessReview> = {
  ...QUESTION,
  type: SELF_SUBJECT_ACCESS_REVIEWS,
  singular: 'selfsubjectaccessreview',
  schema: `${AUTHORIZATION}.SelfSubjectAccessReview`,
  validate: validateSelfSubjectAccessReview,
};

export const subjectAccessReviewKind: KindDefinition<SubjectAccessReview> = {
  ...QUESTION,
  type: SUBJECT_ACCESS_REVIEWS,
  singular: 'subjectaccessreview',
  schema: `${AUTHORIZATION}.SubjectAccessReview`,
  validate: validateSubjectAccessReview,
};

export const localSubjectAccessReviewKind: KindDefinition<LocalSubjectAccessReview> = {
  ...QUESTION,
  type: LOCAL_SUBJECT_ACCESS_REVIEWS,
  singular: 'localsubjectaccessreview',
  schema: `${AUTHORIZATION}.LocalSubjectAccessReview`,
  validate: validateLocalSubjectAccessReview,
};

export const selfSubjectRulesReviewKind: KindDefinition<SelfSubjectRulesReview> = {
  ...QUESTION,
  type: SELF_SUBJECT_RULES_REVIEWS,
  singular: 'selfsubjectrulesreview',
  schema: `${AUTHORIZATION}.SelfSubjectRulesReview`,
  validate: () => [],
};

export const selfSubjectReviewKind: KindDefinition<SelfSubjectReview> = {
  ...QUESTION,
  type: SELF_SUBJECT_REVIEWS,
  singular: 'selfsubjectreview',
  schema: 'io.k8s.api.authentication.v1.SelfSubjectReview',
  validate: () => [],
};

/** For `kubectl auth whoami` of 1.27, which knows no newer one. Both versions have the same fields. */
export const selfSubjectReviewV1Beta1Kind: KindDefinition<SelfSubjectReview> = {
  ...selfSubjectReviewKind,
  type: SELF_SUBJECT_REVIEWS_V1BETA1,
  schema: 'io.k8s.api.authentication.v1beta1.SelfSubjectReview',
};
