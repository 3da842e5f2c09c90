import type { ParseResult } from '@marcbachmann/cel-js';

/** The parts of the library's parser tree that its type declarations leave out and we need. */
export interface Node {
  readonly op: string;
  args: unknown;
  readonly meta: { alternate?: unknown; macro?: unknown };
  evaluate: Evaluate;
  /** Set by the type checker: what is called with evaluated operands. */
  handle?: (...operands: unknown[]) => unknown;
}
export type Evaluate = (evaluator: unknown, node: Node, context: unknown) => unknown;

export const rootOf = (parsed: ParseResult): Node => parsed.ast as unknown as Node;

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'op' in value && 'args' in value && 'meta' in value;

/** Every node of a tree, those that macros were expanded to included. */
export function nodesOf(root: Node): Node[] {
  const nodes: Node[] = [];
  const seen = new Set<object>();
  const visit = (value: unknown): void => {
    if (value === null || typeof value !== 'object' || seen.has(value)) return;
    seen.add(value);
    if (isNode(value)) {
      nodes.push(value);
      visit(value.args);
      visit(value.meta.alternate);
      visit(value.meta.macro);
    } else if (Array.isArray(value)) value.forEach(visit);
    else if (Object.getPrototypeOf(value) === Object.prototype) Object.values(value).forEach(visit);
  };
  visit(root);
  return nodes;
}
