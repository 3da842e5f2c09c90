import { TOKEN_REVIEWS, type TokenReview } from '../../../shared/api/kinds.ts';
import { ageColumn, nameColumn } from '../columns/columns.ts';
import type { KindDefinition } from '../definition.ts';

/** A question, answered when it is asked and never stored. */
export const tokenReviewKind: KindDefinition<TokenReview> = {
  type: TOKEN_REVIEWS,
  singular: 'tokenreview',
  shortNames: [],
  categories: [],
  schema: 'io.k8s.api.authentication.v1.TokenReview',
  durability: 'durable',
  virtual: true,
  verbs: ['create'],
  hasStatus: false,
  subresources: [],
  nameRule: 'path-segment',
  allowUnconditionalUpdate: false,
  allowCreateOnUpdate: false,
  setDefaults() {
    // A review has no defaults.
  },
  validate: () => [],
  selectableFields: {},
  columns: [nameColumn(), ageColumn()],
};
