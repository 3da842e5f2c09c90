import type { Pod } from '../../../shared/api/kinds.ts';
import { matchesRequirement, type Operator } from '../../../shared/api/selector.ts';
import type { NodeInfo } from '../cache/node-info.ts';

type NodeAffinity = NonNullable<NonNullable<NonNullable<Pod['spec']>['affinity']>['nodeAffinity']>;
type RequiredTerms = NonNullable<NodeAffinity['requiredDuringSchedulingIgnoredDuringExecution']>['nodeSelectorTerms'];
export type NodeSelectorTerm = RequiredTerms[number];

/** Whether all expressions and fields of a term hold. An empty term matches nothing (component-helpers nodeaffinity). */
export function matchesTerm(term: NodeSelectorTerm, node: NodeInfo): boolean {
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

/** The nodes a term names by `metadata.name`; undefined when it does not name any. */
export function namedNodes(term: NodeSelectorTerm): readonly string[] | undefined {
  return term.matchFields?.find(({ key, operator }) => key === 'metadata.name' && operator === 'In')?.values;
}
