import type { Job } from '../../../shared/api/kinds.ts';
import type { FieldError } from './field-error.ts';
import { invalidValue, nonNegative, required, tooLong, tooMany } from './fields.ts';

type JobSpec = NonNullable<Job['spec']>;
type SuccessRule = NonNullable<NonNullable<JobSpec['successPolicy']>['rules']>[number];

const MOST_RULES = 20;
const LONGEST_INDEXES = 64 * 1024;
const INT = /^[+-]?\d+$/;

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
    ...(rules.length > MOST_RULES ? [tooMany(`${field}.rules`, rules.length, MOST_RULES)] : []),
    ...rules.flatMap((rule, index) => validateRule(rule, spec.completions ?? 0, `${field}.rules[${index}]`)),
  ];
}

function validateRule({ succeededCount, succeededIndexes }: SuccessRule, most: number, field: string): FieldError[] {
  if (succeededCount === undefined && succeededIndexes === undefined) {
    return [required(field, 'at least one of succeededCount or succeededIndexes must be specified')];
  }
  const errors: FieldError[] = [];
  const counted = succeededIndexes === undefined ? undefined : countIndexes(succeededIndexes, most);
  if (succeededIndexes !== undefined) {
    const at = `${field}.succeededIndexes`;
    if (succeededIndexes.length > LONGEST_INDEXES) errors.push(tooLong(at, LONGEST_INDEXES));
    if (typeof counted === 'string') {
      errors.push(invalidValue(at, succeededIndexes, `error parsing succeededIndexes: ${counted}`));
    }
  }
  if (succeededCount === undefined) return errors;
  const at = `${field}.succeededCount`;
  const within = (limit: number, what: string): FieldError[] =>
    succeededCount > limit
      ? [invalidValue(at, succeededCount, `must be less than or equal to ${limit} (the number of ${what})`)]
      : [];
  return [
    ...errors,
    ...nonNegative(at, succeededCount),
    ...within(most, 'specified completions'),
    ...(counted === undefined
      ? []
      : within(typeof counted === 'number' ? counted : 0, 'indexes in the specified succeededIndexes field')),
  ];
}

/** How many indexes `1,3-5` names, each below `completions` and above those before; else a complaint. */
function countIndexes(text: string, completions: number): number | string {
  if (text === '') return 0;
  let total = 0;
  let last: number | undefined;
  for (const interval of text.split(',')) {
    const ends = interval.split('-');
    if (ends.length > 2) {
      return `the fragment ${JSON.stringify(interval)} violates the requirement that an index interval can have at most two parts separated by '-'`;
    }
    for (const end of ends) {
      if (!INT.test(end)) return `cannot convert string to integer for index: ${JSON.stringify(end)}`;
      if (Number(end) >= completions) return `too large index: ${JSON.stringify(end)}`;
    }
    const [from = 0, to = from] = ends.map(Number);
    if (ends.length === 2 && from >= to) return `non-increasing order, previous: ${from}, current: ${to}`;
    if (last !== undefined && last >= from) return `non-increasing order, previous: ${last}, current: ${from}`;
    total += to - from + 1;
    last = to;
  }
  return total;
}
