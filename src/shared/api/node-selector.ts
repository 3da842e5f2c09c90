import type { Pod } from './kinds.ts';
import { matchesRequirement, type Operator } from './selector.ts';

type NodeAffinity = NonNullable<NonNullable<NonNullable<Pod['spec']>['affinity']>['nodeAffinity']>;
type RequiredTerms = NonNullable<NodeAffinity['requiredDuringSchedulingIgnoredDuringExecution']>['nodeSelectorTerms'];
export type NodeSelectorTerm = RequiredTerms[number];

/** Whether all expressions and fields of a term hold. An empty term matches nothing (component-helpers nodeaffinity). */
export function matchesTerm(
  term: NodeSelectorTerm,
  node: { name: string; labels: Readonly<Record<string, string>> },
): boolean {
  const { matchExpressions = [], matchFields = [] } = term;
  if (matchExpressions.length === 0 && matchFields.length === 0) return false;
  const fields = { 'metadata.name': node.name };
  return (
    matchExpressions.every(({ key, operator, values = [] }) =>
      matchesRequirement({ key, operator: operator as Operator, values }, node.labels),
    ) &&
    matchFields.every(({ key, operator, values = [] }) =>
      matchesRequirement({ key, operator: operator as Operator, values }, fields),
    )
  );
}
