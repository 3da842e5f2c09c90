import type { Job } from '../../../shared/api/kinds.ts';
import { matchesLabelSelector } from '../../../shared/api/selector.ts';
import { equalJson } from '../decode/json-value.ts';
import type { FieldError } from './field-error.ts';
import { JOB_LABELS } from '../defaults/job-defaults.ts';
import { validateDomainPrefixedPath } from './domain-prefixed-path.ts';
import { immutable, invalidValue, nonNegative, notSupported, oneOf, required, tooLong } from './fields.ts';
import { type JobSpec, validatePodFailurePolicy } from './job-policies.ts';
import { validateSuccessPolicy } from './job-success-policy.ts';
import { validateLabelSelector } from './label-selector.ts';
import { validatePodTemplate } from './pod-template.ts';

/** Indexed Jobs are remembered index by index. */
const MOST_INDEXES = 100_000;
/** With a limit for each index, a Job of more indexes than that runs and fails only so many at once. */
const MOST_OF_MANY_INDEXES = 10_000;
const LONGEST_MANAGER = 63;

/** A Job (batch/validation ValidateJobSpec). */
export function validateJob({ metadata, spec }: Job): FieldError[] {
  const labels = spec?.template?.metadata?.labels ?? {};
  const selector = spec?.selector;
  return [
    ...(selector ? validateLabelSelector(selector, 'spec.selector') : [required('spec.selector')]),
    ...(spec && selector ? validateGenerated(spec, metadata?.name, metadata?.uid) : []),
    ...validateJobSpec(spec, 'spec'),
    ...(selector && !matchesLabelSelector(selector, labels)
      ? [invalidValue('spec.template.metadata.labels', labels, '`selector` does not match template `labels`')]
      : []),
  ];
}

/** A selector that is not the Job's own needs `manualSelector`. */
function validateGenerated({ manualSelector, selector, template }: JobSpec, name = '', uid = ''): FieldError[] {
  if (manualSelector) return [];
  const expected = [0, 1].flatMap((at) => [
    [JOB_LABELS.uid[at] ?? '', uid] as const,
    [JOB_LABELS.name[at] ?? '', name] as const,
  ]);
  const labels = template?.metadata?.labels ?? {};
  return [
    ...expected.flatMap(([label, value]) => {
      const field = `spec.template.metadata.labels[${label}]`;
      if (labels[label] === undefined) return [required(field, `must be '${value}'`)];
      return labels[label] === value ? [] : [invalidValue(field, labels, `must be '${value}'`)];
    }),
    ...(matchesLabelSelector(selector, Object.fromEntries(expected))
      ? []
      : [invalidValue('spec.selector', selector, '`selector` not auto-generated')]),
  ];
}

/** What Jobs and the templates of CronJobs share. */
export function validateJobSpec(spec: JobSpec | undefined, field: string): FieldError[] {
  const { managedBy } = spec ?? {};
  const counts = [
    ...(['parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit'] as const),
    ...(['ttlSecondsAfterFinished', 'backoffLimitPerIndex', 'maxFailedIndexes'] as const),
  ];
  const replacements = spec?.podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed'];
  return [
    ...counts.flatMap((name) => nonNegative(`${field}.${name}`, spec?.[name])),
    ...oneOf(`${field}.completionMode`, spec?.completionMode, ['NonIndexed', 'Indexed']),
    ...(spec ? validateIndexes(spec, field) : []),
    ...validatePodFailurePolicy(spec, `${field}.podFailurePolicy`),
    ...validateSuccessPolicy(spec, `${field}.successPolicy`),
    ...oneOf(`${field}.podReplacementPolicy`, spec?.podReplacementPolicy, replacements),
    ...validatePodTemplate(spec?.template, `${field}.template`),
    ...validateRestartPolicy(spec, `${field}.template.spec.restartPolicy`),
    ...(managedBy === undefined ? [] : validateDomainPrefixedPath(`${field}.managedBy`, managedBy)),
    ...(managedBy !== undefined && managedBy.length > LONGEST_MANAGER
      ? [tooLong(`${field}.managedBy`, LONGEST_MANAGER)]
      : []),
  ];
}

function validateRestartPolicy(spec: JobSpec | undefined, field: string): FieldError[] {
  const policy = spec?.template?.spec?.restartPolicy;
  if (!policy) return [];
  // Always is what pods get that do not say: to upstream a Job's author has then not said it either.
  if (policy === 'Always') return [required(field, 'valid values: "OnFailure", "Never"')];
  if (policy !== 'OnFailure' && policy !== 'Never') return [notSupported(field, policy, ['OnFailure', 'Never'])];
  return spec.podFailurePolicy && policy !== 'Never'
    ? [invalidValue(field, policy, 'only "Never" is supported when podFailurePolicy is specified')]
    : [];
}

function validateIndexes(spec: JobSpec, field: string): FieldError[] {
  const { completions, parallelism = 0, backoffLimitPerIndex, maxFailedIndexes } = spec;
  const onlyIndexed = 'requires indexed completion mode';
  const errors: FieldError[] = [];
  if (spec.completionMode === 'Indexed') {
    if (completions === undefined) {
      errors.push(required(`${field}.completions`, 'when completion mode is Indexed'));
    }
    const most = `must be less than or equal to ${MOST_INDEXES} when completion mode is Indexed`;
    if (parallelism > MOST_INDEXES) errors.push(invalidValue(`${field}.parallelism`, parallelism, most));
    errors.push(...validateManyIndexes(spec, completions ?? 0, field));
  } else {
    if (backoffLimitPerIndex !== undefined) {
      errors.push(invalidValue(`${field}.backoffLimitPerIndex`, backoffLimitPerIndex, onlyIndexed));
    }
    if (maxFailedIndexes !== undefined) {
      errors.push(invalidValue(`${field}.maxFailedIndexes`, maxFailedIndexes, onlyIndexed));
    }
  }
  if (maxFailedIndexes !== undefined && backoffLimitPerIndex === undefined) {
    errors.push(required(`${field}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'));
  }
  if (maxFailedIndexes !== undefined && completions !== undefined && maxFailedIndexes > completions) {
    errors.push(
      invalidValue(`${field}.maxFailedIndexes`, maxFailedIndexes, 'must be less than or equal to completions'),
    );
  }
  return errors;
}

/** Indexes that may fail each on its own are remembered one by one: fewer of many. */
function validateManyIndexes(
  { parallelism = 0, backoffLimitPerIndex, maxFailedIndexes }: JobSpec,
  completions: number,
  field: string,
): FieldError[] {
  const at = `${field}.maxFailedIndexes`;
  const errors: FieldError[] = [];
  if (maxFailedIndexes !== undefined && maxFailedIndexes > MOST_INDEXES) {
    errors.push(invalidValue(at, maxFailedIndexes, `must be less than or equal to ${MOST_INDEXES}`));
  }
  if (backoffLimitPerIndex === undefined || completions <= MOST_INDEXES) return errors;
  const fewer = `must be less than or equal to ${MOST_OF_MANY_INDEXES} when completions are above ${MOST_INDEXES} and used with backoff limit per index`;
  if (maxFailedIndexes === undefined) {
    errors.push(required(at, `must be specified when completions is above ${MOST_INDEXES}`));
  }
  if (parallelism > MOST_OF_MANY_INDEXES) errors.push(invalidValue(`${field}.parallelism`, parallelism, fewer));
  if (maxFailedIndexes !== undefined && maxFailedIndexes > MOST_OF_MANY_INDEXES) {
    errors.push(invalidValue(at, maxFailedIndexes, fewer));
  }
  return errors;
}

const FIXED = [
  ...(['selector', 'completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy'] as const),
  ...(['successPolicy'] as const),
];

/** What of a Job is for life (batch/validation ValidateJobSpecUpdate). */
export function validateJobUpdate(job: Job, old: Job): FieldError[] {
  const [after, before] = [job.spec, old.spec];
  const template = before && !old.status?.startTime && before.suspend ? startable(before, after) : before?.template;
  return [
    ...validateCompletionsUpdate(after, before),
    ...FIXED.flatMap((name) => immutable(`spec.${name}`, after?.[name], before?.[name])),
    ...(equalJson(after?.template, template)
      ? []
      : [invalidValue('spec.template', after?.template, 'field is immutable')]),
  ];
}

/** An Indexed Job grows and shrinks when as many run as are wanted. */
function validateCompletionsUpdate(after: JobSpec | undefined, before: JobSpec | undefined): FieldError[] {
  const completions = after?.completions;
  if (after?.completionMode !== 'Indexed') return immutable('spec.completions', completions, before?.completions);
  return completions === undefined || completions === before?.completions || completions === after.parallelism
    ? []
    : [invalidValue('spec.completions', completions, 'can only be modified in tandem with spec.parallelism')];
}

/** Where the pods of a suspended Job go may still be said: the stored template with that taken from the new one. */
function startable(before: JobSpec, after: JobSpec | undefined): JobSpec['template'] {
  const [from, to] = [after?.template, before.template];
  if (!from?.spec || !to?.spec) return to;
  const open = ['nodeSelector', 'tolerations', 'schedulingGates'] as const;
  const { affinity, ...rest } = { ...to.spec };
  const nodeAffinity = from.spec.affinity?.nodeAffinity;
  const kept = { ...affinity };
  delete kept.nodeAffinity;
  const joined = { ...kept, ...(nodeAffinity ? { nodeAffinity } : {}) };
  const closed = Object.entries(rest).filter(([name]) => !open.some((field) => field === name));
  const said = open.flatMap((name) => (from.spec?.[name] === undefined ? [] : [[name, from.spec[name]] as const]));
  const spec = {
    ...Object.fromEntries([...closed, ...said]),
    ...(from.spec.affinity || affinity ? { affinity: joined } : {}),
  };
  return { ...to, ...(from.metadata ? { metadata: from.metadata } : {}), spec: spec as unknown as typeof to.spec };
}
