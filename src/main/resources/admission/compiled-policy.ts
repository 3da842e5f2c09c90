import type { ValidatingAdmissionPolicy } from '../../../shared/api/kinds.ts';
import { CelError } from '../cel/cel-error.ts';
import type { CelEnvironment, Program } from '../cel/environment.ts';
import { admissionEnvironment, withVariables } from './environment.ts';
import { compileMatchConditions, type CompiledCondition } from './match-conditions.ts';

export type PolicySpec = NonNullable<ValidatingAdmissionPolicy['spec']>;
type Compiled = Program | CelError;

/** A policy with every expression compiled, or the error instead. Lists are in the order of the spec. */
export interface CompiledPolicy {
  matchConditions: CompiledCondition[];
  variables: { name: string; program: Compiled }[];
  validations: { program: Compiled; message?: Compiled }[];
  auditAnnotations: { key: string; program: Compiled }[];
}

const textOf = (expression: string | undefined): string => expression ?? '';

/** Compiles a policy. A variable is known to the ones after it, and to validations and annotations. */
export function compilePolicy(spec: Partial<PolicySpec>): CompiledPolicy {
  const params = spec.paramKind !== undefined;
  const full = admissionEnvironment({ params, authorizer: true });
  const known = new Map<string, Program>();
  const variables = (spec.variables ?? []).map(({ name, expression }) => {
    const program = scoped(full, known).compile(textOf(expression));
    if (!(program instanceof CelError)) known.set(name, program);
    return { name, program };
  });
  const environment = scoped(full, known);
  const messages = scoped(admissionEnvironment({ params, authorizer: false }), known);
  return {
    matchConditions: compileMatchConditions(spec.matchConditions, params),
    variables,
    validations: (spec.validations ?? []).map(({ expression, messageExpression }) => ({
      program: environment.compile(textOf(expression), { resultTypes: ['bool'] }),
      ...(messageExpression?.trim()
        ? { message: messages.compile(messageExpression, { resultTypes: ['string'] }) }
        : {}),
    })),
    auditAnnotations: (spec.auditAnnotations ?? []).map(({ key, valueExpression }) => ({
      key,
      program: stringOrNull(environment.compile(textOf(valueExpression).trim())),
    })),
  };
}

const scoped = (environment: CelEnvironment, known: ReadonlyMap<string, Program>): CelEnvironment =>
  known.size === 0 ? environment : withVariables(environment, known);

const stringOrNull = (program: Compiled): Compiled =>
  program instanceof CelError || ['string', 'null', 'dyn'].includes(program.resultType)
    ? program
    : new CelError('compile', 'must evaluate to one of [string null_type]');
