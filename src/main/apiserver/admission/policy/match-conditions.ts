import { CelError } from '../../../resources/cel/cel-error.ts';
import type { CompiledCondition, MatchCondition } from '../../../resources/admission/match-conditions.ts';
import type { Evaluation } from './questions.ts';

/** `skip` when any condition does not hold, else the errors there were, else `match` (webhook/matchconditions Matcher). */
export type Conditions = { outcome: 'match' } | { outcome: 'skip' } | { outcome: 'error'; message: string };

/** Evaluates conditions in order; one that does not hold outweighs errors of the others. */
export async function evaluateConditions(
  evaluation: Evaluation,
  conditions: readonly CompiledCondition[],
  written: readonly MatchCondition[] | undefined,
): Promise<Conditions> {
  const errors: string[] = [];
  for (const [index, { program }] of conditions.entries()) {
    const result = await evaluation.evaluate(program);
    if (result === false) return { outcome: 'skip' };
    if (result !== true) errors.push(expressionError(written?.[index]?.expression ?? '', result));
  }
  if (errors.length === 0) return { outcome: 'match' };
  return { outcome: 'error', message: errors.length === 1 ? (errors[0] ?? '') : `[${errors.join(', ')}]` };
}

/** What upstream says of an expression that gave no answer. */
export const expressionError = (expression: string, result: unknown): string =>
  `expression '${expression.trim()}' resulted in error: ${result instanceof CelError ? result.message : 'cel expression evaluates to a value of another type'}`;
