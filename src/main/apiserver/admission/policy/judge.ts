import type { CompiledPolicy, PolicySpec } from '../../../resources/admission/compiled-policy.ts';
import { CelError } from '../../../resources/cel/cel-error.ts';
import { evaluateConditions, expressionError } from './match-conditions.ts';
import type { Evaluation, ExpressionValues } from './questions.ts';

/** A validation that did not hold, or could not be evaluated. */
export interface Failure {
  message: string;
  /** The reason of the answer; `Invalid` unless the validation says another. */
  reason: string;
  /** Which of the validations; upstream says 0 for failures before any was evaluated. */
  index: number;
}

/** What came of one policy with one parameter. */
export interface Judgement {
  failures: Failure[];
  annotations: [key: string, value: string][];
  /** Annotations that could not be made, which are refusals whatever the binding's actions are. */
  annotationErrors: string[];
}

/** Messages longer than this, or of several lines, are not shown (celconfig MaxEvaluatedMessageExpressionSizeBytes). */
const LONGEST_MESSAGE = 5 * 1024;
const LONGEST_ANNOTATION = 10 * 1024;

/**
 * Evaluates a policy (policy/validating validator.go). Errors are failures when the failurePolicy is Fail and are
 * forgotten when it is Ignore; what evaluates to false always fails.
 */
export async function judge(
  spec: Partial<PolicySpec>,
  compiled: CompiledPolicy,
  evaluationOf: (values: { variables: object }) => Evaluation,
  values: ExpressionValues,
): Promise<Judgement> {
  const judgement: Judgement = { failures: [], annotations: [], annotationErrors: [] };
  const lenient = spec.failurePolicy === 'Ignore';
  const variables = {};
  const evaluation = evaluationOf({ variables });
  defineVariables(variables, compiled, evaluation, { ...values, variables });

  const conditions = await evaluateConditions(evaluation, compiled.matchConditions, spec.matchConditions);
  if (conditions.outcome === 'skip') return judgement;
  if (conditions.outcome === 'error') {
    if (!lenient) judgement.failures.push({ message: conditions.message, reason: 'Invalid', index: 0 });
    return judgement;
  }
  for (const [index, { program, message }] of compiled.validations.entries()) {
    const validation = spec.validations?.[index];
    const expression = validation?.expression ?? '';
    const result = await evaluation.evaluate(program);
    if (result === true) continue;
    if (result instanceof CelError) {
      if (!lenient) judgement.failures.push({ message: expressionError(expression, result), reason: 'Invalid', index });
      continue;
    }
    const evaluated = message && (await evaluation.evaluate(message));
    judgement.failures.push({
      message: messageIn(evaluated) || (validation?.message ?? '').trim() || `failed expression: ${expression.trim()}`,
      reason: validation?.reason ?? 'Invalid',
      index,
    });
  }
  await annotate(judgement, spec, compiled, evaluation, lenient);
  return judgement;
}

/** Each variable is evaluated when it is first read, and once. */
function defineVariables(
  variables: object,
  compiled: CompiledPolicy,
  evaluation: Evaluation,
  values: ExpressionValues,
): void {
  for (const { name, program } of compiled.variables) {
    let known: { value: unknown } | undefined;
    Object.defineProperty(variables, name, {
      enumerable: true,
      configurable: true,
      get() {
        if (program instanceof CelError) throw program;
        known ??= { value: evaluation.evaluateNow(program, values) };
        if (known.value instanceof CelError)
          throw new CelError('evaluate', `composited variable "${name}" fails to evaluate: ${known.value.message}`);
        return known.value;
      },
    });
  }
}

/** A message that can be shown: text, of one line, not too long. */
function messageIn(evaluated: unknown): string {
  const text = typeof evaluated === 'string' ? evaluated.trim() : '';
  return text.includes('\n') || Buffer.byteLength(text) > LONGEST_MESSAGE ? '' : text;
}

async function annotate(
  judgement: Judgement,
  spec: Partial<PolicySpec>,
  compiled: CompiledPolicy,
  evaluation: Evaluation,
  lenient: boolean,
): Promise<void> {
  for (const [index, { key, program }] of compiled.auditAnnotations.entries()) {
    const expression = spec.auditAnnotations?.[index]?.valueExpression ?? '';
    const result = await evaluation.evaluate(program);
    if (typeof result === 'string') {
      const value = result.trim().slice(0, LONGEST_ANNOTATION);
      if (value !== '') judgement.annotations.push([key, value]);
    } else if (result instanceof CelError) {
      if (!lenient) judgement.annotationErrors.push(expressionError(expression, result));
    } else if (result !== null)
      judgement.annotationErrors.push(
        `valueExpression '${expression}' resulted in unsupported return type. Return type must be either string or null.`,
      );
  }
}
