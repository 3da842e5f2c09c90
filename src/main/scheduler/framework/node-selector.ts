import type { NodeSelectorTerm } from '../../../shared/api/node-selector.ts';

export { matchesTerm, type NodeSelectorTerm } from '../../../shared/api/node-selector.ts';

/** The nodes a term names by `metadata.name`; undefined when it does not name any. */
export function namedNodes(term: NodeSelectorTerm): readonly string[] | undefined {
  return term.matchFields?.find(({ key, operator }) => key === 'metadata.name' && operator === 'In')?.values;
}
