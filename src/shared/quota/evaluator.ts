import type { ResourceType, ResourceQuota } from '../api/kinds.ts';
import type { KubeObject } from '../api/meta.ts';
import type { Amounts } from './amounts.ts';

/** One requirement of a quota's scopes: which objects it counts. */
export type ScopeRequirement = NonNullable<
  NonNullable<NonNullable<ResourceQuota['spec']>['scopeSelector']>['matchExpressions']
>[number];

/** The write that may be charged. */
export interface QuotaOperation<T extends KubeObject> {
  operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  subresource: string;
  object: T | undefined;
  old: T | undefined;
}

/** How objects of one kind count against quotas (upstream quota.Evaluator). Pure. */
export interface Evaluator<T extends KubeObject = KubeObject> {
  readonly type: Pick<ResourceType, 'group' | 'plural'>;
  /** Whether this write can raise what is used. */
  handles(operation: QuotaOperation<T>): boolean;
  /** Those of the names that this kind is counted under. */
  matchingResources(names: readonly string[]): string[];
  /** Whether the object is one that a quota with this scope counts. */
  matchesScope(scope: ScopeRequirement, object: T): boolean;
  /** What is wrong with the object under a quota on these resources; undefined when nothing is. */
  constraint(required: readonly string[], object: T): string | undefined;
  /** What the object uses. `nowMs`: pods that should long be gone use nothing. */
  usage(object: T, nowMs: number): Amounts;
}

/** `count/configmaps`, `count/deployments.apps`: the name that every object of a kind counts under, one each. */
export const countName = ({ group, plural }: Pick<ResourceType, 'group' | 'plural'>): string =>
  `count/${plural}${group === '' ? '' : `.${group}`}`;

/** Whether a value that may be absent satisfies a requirement (ScopedResourceSelectorRequirementsAsSelector). */
export function matchesValue({ operator, values = [] }: ScopeRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return false;
  }
}
