import type { ValidatingAdmissionPolicy } from '../../../shared/api/kinds.ts';
import { CelError } from '../cel/cel-error.ts';
import type { Program } from '../cel/environment.ts';
import type { FieldError } from '../validation/field-error.ts';
import { complaintsAbout, duplicatesIn, invalidValue, required, tooMany } from '../validation/fields.ts';
import { qualifiedName } from '../validation/names.ts';
import { admissionEnvironment } from './environment.ts';

export type MatchCondition = NonNullable<NonNullable<ValidatingAdmissionPolicy['spec']>['matchConditions']>[number];

const MOST_CONDITIONS = 64;

/** One condition under which a webhook is called or a policy applies; `program` is the error when it does not compile. */
export interface CompiledCondition {
  name: string;
  program: Program | CelError;
}

/** `hasParams` only for policies with a paramKind. */
export function compileMatchConditions(
  conditions: readonly MatchCondition[] | undefined,
  hasParams: boolean,
): CompiledCondition[] {
  if (!conditions || conditions.length === 0) return [];
  const environment = admissionEnvironment({ params: hasParams, authorizer: true });
  return conditions.map(({ name, expression }) => ({
    name,
    program: environment.compile((expression as string | undefined)?.trim() ?? '', { resultTypes: ['bool'] }),
  }));
}

/** admissionregistration/validation validateMatchConditions. */
export function validateMatchConditions(
  conditions: readonly MatchCondition[] | undefined,
  hasParams: boolean,
  field: string,
): FieldError[] {
  const all: readonly Partial<MatchCondition>[] = conditions ?? [];
  const compiled = compileMatchConditions(conditions, hasParams);
  return [
    ...(all.length > MOST_CONDITIONS ? [tooMany(field, all.length, MOST_CONDITIONS)] : []),
    ...all.flatMap(({ name = '', expression = '' }, index) => {
      const at = `${field}[${index}]`;
      return [
        ...(expression.trim() === ''
          ? [required(`${at}.expression`)]
          : compileErrors(compiled[index]?.program, `${at}.expression`, expression.trim())),
        ...(name === '' ? [required(`${at}.name`)] : complaintsAbout(`${at}.name`, name, qualifiedName(name))),
      ];
    }),
    ...duplicatesIn(
      all,
      ({ name }) => name,
      (index) => `${field}[${index}].name`,
    ),
  ];
}

/** An expression that does not compile, as the error of its field. */
export const compileErrors = (
  program: Program | CelError | undefined,
  field: string,
  expression: string,
): FieldError[] => (program instanceof CelError ? [invalidValue(field, expression, program.message)] : []);
