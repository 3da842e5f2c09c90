import type { Job } from '../../../shared/api/kinds.ts';
import type { FieldError } from './field-error.ts';
import { duplicatesIn, invalidValue, required, requiredOneOf } from './fields.ts';
import { qualifiedName } from './names.ts';

export type JobSpec = NonNullable<Job['spec']>;

type FailureRule = NonNullable<JobSpec['podFailurePolicy']>['rules'][number];
type ExitCodes = NonNullable<FailureRule['onExitCodes']>;

const MOST_RULES = 20;
const MOST_CODES = 255;

/** When a failed pod counts, and when it ends the Job (batch/validation validatePodFailurePolicy). */
export function validatePodFailurePolicy(spec: JobSpec | undefined, field: string): FieldError[] {
  const rules = spec?.podFailurePolicy?.rules ?? [];
  const names = [...(spec?.template?.spec?.containers ?? []), ...(spec?.template?.spec?.initContainers ?? [])].map(
    ({ name }) => name,
  );
  return [
    ...(rules.length > MOST_RULES
      ? [
          {
            type: 'TooMany' as const,
            field: `${field}.rules`,
            value: rules.length,
            detail: `must have at most ${MOST_RULES} items`,
          },
        ]
      : []),
    ...rules.flatMap((rule, index) => validateRule(rule, spec, names, `${field}.rules[${index}]`)),
  ];
}

function validateRule(rule: FailureRule, spec: JobSpec | undefined, names: string[], field: string): FieldError[] {
  const { action, onExitCodes: codes, onPodConditions = [] } = rule;
  const errors: FieldError[] = [];
  if (action === 'FailIndex' && spec?.backoffLimitPerIndex === undefined) {
    errors.push(invalidValue(`${field}.action`, action, 'requires the backoffLimitPerIndex to be set'));
  } else errors.push(...requiredOneOf(`${field}.action`, action, ['Count', 'FailIndex', 'FailJob', 'Ignore']));
  if (codes) errors.push(...validateExitCodes(codes, names, `${field}.onExitCodes`));
  onPodConditions.forEach(({ type = '', status }, index) => {
    const at = `${field}.onPodConditions[${index}]`;
    errors.push(
      ...qualifiedName(type).map((complaint) => invalidValue(`${at}.type`, type, complaint)),
      ...requiredOneOf(`${at}.status`, status, ['False', 'True', 'Unknown']),
    );
  });
  const both = codes && onPodConditions.length > 0;
  if (both) errors.push(invalidValue(field, rule, 'specifying both OnExitCodes and OnPodConditions is not supported'));
  if (!codes && onPodConditions.length === 0) {
    errors.push(invalidValue(field, rule, 'specifying one of OnExitCodes and OnPodConditions is required'));
  }
  return errors;
}

function validateExitCodes(codes: ExitCodes, names: string[], field: string): FieldError[] {
  const { containerName, operator, values = [] } = codes;
  const ordered = values.every((value, index) => index === 0 || value > (values[index - 1] ?? value));
  return [
    ...requiredOneOf(`${field}.operator`, operator, ['In', 'NotIn']),
    ...(containerName !== undefined && !names.includes(containerName)
      ? [
          invalidValue(
            `${field}.containerName`,
            containerName,
            'must be one of the container or initContainer names in the pod template',
          ),
        ]
      : []),
    ...(values.length === 0 ? [invalidValue(`${field}.values`, values, 'at least one value is required')] : []),
    ...(values.length > MOST_CODES
      ? [
          {
            type: 'TooMany' as const,
            field: `${field}.values`,
            value: values.length,
            detail: `must have at most ${MOST_CODES} items`,
          },
        ]
      : []),
    ...values.flatMap((value, index) =>
      operator === 'In' && value === 0
        ? [invalidValue(`${field}.values[${index}]`, value, 'must not be 0 for the In operator')]
        : [],
    ),
    ...duplicatesIn(
      values,
      (value) => String(value),
      (index) => `${field}.values[${index}]`,
    ),
    ...(ordered ? [] : [invalidValue(`${field}.values`, values, 'must be ordered')]),
  ];
}

/** When an Indexed Job has done enough (batch/validation validateSuccessPolicy). */
export function validateSuccessPolicy(spec: JobSpec | undefined, field: string): FieldError[] {
  const policy = spec?.successPolicy;
  if (!policy) return [];
  if (spec.completionMode !== 'Indexed') return [invalidValue(field, policy, 'requires indexed completion mode')];
  const rules = policy.rules ?? [];
  return [
    ...(rules.length === 0
      ? [required(`${field}.rules`, 'at least one rules must be specified when the successPolicy is specified')]
      : []),
    ...rules.flatMap(({ succeededCount, succeededIndexes }, index) => {
      const at = `${field}.rules[${index}]`;
      if (succeededCount === undefined && succeededIndexes === undefined) {
        return [required(at, 'at least one of succeededCount or succeededIndexes must be specified')];
      }
      const most = spec.completions ?? 0;
      return succeededCount !== undefined && (succeededCount < 1 || succeededCount > most)
        ? [
            invalidValue(
              `${at}.succeededCount`,
              succeededCount,
              `must be less than or equal to ${most} (the number of specified completions)`,
            ),
          ]
        : [];
    }),
  ];
}
