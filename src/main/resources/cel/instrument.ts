import type { Evaluate, Node } from './ast.ts';
import { charge, shallow, traversal } from './meter.ts';

/**
 * Functions the library has with other meanings than cel-go's (JavaScript's regular expressions, which can take for ever;
 * UTF-16 offsets; lenient times). Ours have the name with a `!`, which no author can write.
 */
const REPLACED = new Set([
  'charAt',
  'indexOf',
  'lastIndexOf',
  'lowerAscii',
  'matches',
  'substring',
  'timestamp',
  'upperAscii',
]);

export const internalName = (name: string): string => (REPLACED.has(name) ? `${name}!` : name);

/** Makes calls of replaced functions calls of ours. Before type checking. */
export function redirectCalls(nodes: readonly Node[]): void {
  for (const node of nodes) {
    if ((node.op !== 'call' && node.op !== 'rcall') || !Array.isArray(node.args)) continue;
    const name: unknown = node.args[0];
    if (typeof name === 'string') node.args[0] = internalName(name);
  }
}

/** Makes everything whose cost grows with its operands pay first. After type checking. */
export function meterNodes(nodes: readonly Node[]): void {
  for (const node of nodes) {
    switch (node.op) {
      case '+':
        payFor(node, ([left, right]) => 1 + shallow(left) + shallow(right));
        break;
      case '==':
      case '!=':
        payFor(node, ([left, right]) => 1 + Math.min(traversal(left), traversal(right)));
        break;
      case 'in':
        payFor(
          node,
          ([item, container]) => 1 + (container instanceof Map ? 0 : traversal(item) + traversal(container)),
        );
        break;
      case 'call':
      case 'rcall':
        payFor(node, ([operands]) => 1 + (Array.isArray(operands) ? sum(operands) : 0));
        break;
      case 'comprehension':
        payForEachStep(node);
        break;
      default:
    }
  }
}

const sum = (operands: readonly unknown[]): number =>
  operands.reduce((cost: number, value) => cost + shallow(value), 0);

function payFor(node: Node, costOf: (operands: unknown[]) => number): void {
  const { handle } = node;
  if (!handle) return;
  node.handle = (...operands) => {
    charge(costOf(operands));
    return handle(...operands);
  };
}

function payForEachStep(node: Node): void {
  const { step } = node.args as { step: Node };
  // A node puts its real function in place of the first one when it is first evaluated.
  let evaluate: Evaluate = step.evaluate;
  const paying: Evaluate = (evaluator, at, context) => {
    charge(1);
    return Reflect.apply(evaluate, step, [evaluator, at, context]);
  };
  Object.defineProperty(step, 'evaluate', {
    get: () => paying,
    set: (real: Evaluate) => void (evaluate = real),
  });
}
