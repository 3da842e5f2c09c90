import type { Job } from '../../../shared/api/kinds.ts';
import { OMITTED, type FieldError } from './field-error.ts';
import { duplicate, invalidValue, oneOf, required, tooMany } from './fields.ts';
import { qualifiedName } from './names.ts';

export type JobSpec = NonNullable<Job['spec']>;

type FailureRule = NonNullable<JobSpec['podFailurePolicy']>['rules'][number];
type ExitCodes = NonNullable<FailureRule['onExitCodes']>;

const MOST_RULES = 20;
const MOST_CODES = 255;
const MOST_CONDITIONS = 20;

/** Upstream names what may be given where nothing is. */
const given = (field: string, value: string | undefined, supported: readonly string[]): FieldError[] =>
  value
    ? oneOf(field, value, supported)
    : [required(field, `valid values: [${supported.map((item) => JSON.stringify(item)).join(' ')}]`)];

/** When a failed pod counts, and when it ends the Job (batch/validation validatePodFailurePolicy). */
export function validatePodFailurePolicy(spec: JobSpec | undefined, field: string): FieldError[] {
  const rules = spec?.podFailurePolicy?.rules ?? [];
  const names = [...(spec?.template?.spec?.containers ?? []), ...(spec?.template?.spec?.initContainers ?? [])].map(
    ({ name }) => name,
  );
  return [
    ...(rules.length > MOST_RULES ? [tooMany(`${field}.rules`, rules.length, MOST_RULES)] : []),
    ...rules.flatMap((rule, index) => validateRule(rule, spec, names, `${field}.rules[${index}]`)),
  ];
}

function validateRule(rule: FailureRule, spec: JobSpec | undefined, names: string[], field: string): FieldError[] {
  const { action, onExitCodes: codes, onPodConditions = [] } = rule;
  const errors: FieldError[] = [];
  if (action === 'FailIndex' && spec?.backoffLimitPerIndex === undefined) {
    errors.push(invalidValue(`${field}.action`, action, 'requires the backoffLimitPerIndex to be set'));
  } else errors.push(...given(`${field}.action`, action, ['Count', 'FailIndex', 'FailJob', 'Ignore']));
  if (codes) errors.push(...validateExitCodes(codes, names, `${field}.onExitCodes`));
  if (onPodConditions.length > MOST_CONDITIONS) {
    errors.push(tooMany(`${field}.onPodConditions`, onPodConditions.length, MOST_CONDITIONS));
  }
  onPodConditions.forEach(({ type = '', status }, index) => {
    const at = `${field}.onPodConditions[${index}]`;
    errors.push(
      ...qualifiedName(type).map((complaint) => invalidValue(`${at}.type`, type, complaint)),
      ...given(`${at}.status`, status, ['False', 'True', 'Unknown']),
    );
  });
  const both = codes && onPodConditions.length > 0;
  if (both)
    errors.push(invalidValue(field, OMITTED, 'specifying both OnExitCodes and OnPodConditions is not supported'));
  if (!codes && onPodConditions.length === 0) {
    errors.push(invalidValue(field, OMITTED, 'specifying one of OnExitCodes and OnPodConditions is required'));
  }
  return errors;
}

function validateExitCodes(codes: ExitCodes, names: string[], field: string): FieldError[] {
  const { containerName, operator, values = [] } = codes;
  const ordered = values.every((value, index) => index === 0 || value >= (values[index - 1] ?? value));
  return [
    ...given(`${field}.operator`, operator, ['In', 'NotIn']),
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
    ...(values.length > MOST_CODES ? [tooMany(`${field}.values`, values.length, MOST_CODES)] : []),
    ...values.flatMap((value, index) =>
      operator === 'In' && value === 0
        ? [invalidValue(`${field}.values[${index}]`, value, 'must not be 0 for the In operator')]
        : [],
    ),
    ...values.flatMap((value, index) =>
      values.indexOf(value) < index ? [duplicate(`${field}.values[${index}]`, value)] : [],
    ),
    ...(ordered ? [] : [invalidValue(`${field}.values`, values, 'must be ordered')]),
  ];
}
