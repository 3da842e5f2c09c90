import type { Job } from '../../../shared/api/kinds.ts';
import { matchesLabelSelector } from '../../../shared/api/selector.ts';
import { equalJson } from '../decode/json-value.ts';
import type { FieldError } from './field-error.ts';
import { immutable, invalidValue, nonNegative, oneOf, required, requiredOneOf } from './fields.ts';
import { type JobSpec, validatePodFailurePolicy, validateSuccessPolicy } from './job-policies.ts';
import { validateLabelSelector } from './label-selector.ts';
import { validatePodTemplate } from './pod-template.ts';

/** Indexed Jobs are remembered index by index. */
const MOST_INDEXES = 100_000;

/** A Job (batch/validation ValidateJobSpec). */
export function validateJob({ metadata, spec }: Job): FieldError[] {
  const labels = spec?.template?.metadata?.labels ?? {};
  const selector = spec?.selector;
  return [
    ...(selector ? validateLabelSelector(selector, 'spec.selector') : [required('spec.selector')]),
    ...(spec && selector ? validateGenerated(spec, metadata?.uid) : []),
    ...validateJobSpec(spec, 'spec'),
    ...(selector && !matchesLabelSelector(selector, labels)
      ? [invalidValue('spec.template.metadata.labels', labels, '`selector` does not match template `labels`')]
      : []),
  ];
}

/** A selector that is not the Job's own needs `manualSelector`. */
function validateGenerated({ manualSelector, selector }: JobSpec, uid = ''): FieldError[] {
  const expected = { 'controller-uid': uid, 'batch.kubernetes.io/controller-uid': uid };
  if (manualSelector) return [];
  return matchesLabelSelector(selector, expected)
    ? []
    : [invalidValue('spec.selector', selector, '`selector` not auto-generated')];
}

/** What Jobs and the templates of CronJobs share. */
export function validateJobSpec(spec: JobSpec | undefined, field: string): FieldError[] {
  const policy = spec?.template?.spec?.restartPolicy;
  const counts = [
    ...(['parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit'] as const),
    ...(['ttlSecondsAfterFinished', 'backoffLimitPerIndex', 'maxFailedIndexes'] as const),
  ];
  const replacements = spec?.podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed'];
  return [
    ...counts.flatMap((name) => nonNegative(`${field}.${name}`, spec?.[name])),
    ...oneOf(`${field}.completionMode`, spec?.completionMode, ['Indexed', 'NonIndexed']),
    ...(spec ? validateIndexes(spec, field) : []),
    ...validatePodFailurePolicy(spec, `${field}.podFailurePolicy`),
    ...validateSuccessPolicy(spec, `${field}.successPolicy`),
    ...oneOf(`${field}.podReplacementPolicy`, spec?.podReplacementPolicy, replacements),
    ...validatePodTemplate(spec?.template, `${field}.template`),
    ...(policy === 'Always'
      ? requiredOneOf(`${field}.template.spec.restartPolicy`, policy, ['OnFailure', 'Never'])
      : []),
    ...(spec?.podFailurePolicy && policy && policy !== 'Never'
      ? [
          invalidValue(
            `${field}.template.spec.restartPolicy`,
            policy,
            'only "Never" is supported when podFailurePolicy is specified',
          ),
        ]
      : []),
  ];
}

function validateIndexes(spec: JobSpec, field: string): FieldError[] {
  const { completions, parallelism = 0, backoffLimitPerIndex, maxFailedIndexes } = spec;
  const onlyIndexed = 'requires indexed completion mode';
  const errors: FieldError[] = [];
  if (spec.completionMode === 'Indexed') {
    if (completions === undefined) {
      return [required(`${field}.completions`, 'when completion mode is Indexed')];
    }
    const most = `must be less than or equal to ${MOST_INDEXES} when completion mode is Indexed`;
    if (parallelism > MOST_INDEXES) errors.push(invalidValue(`${field}.parallelism`, parallelism, most));
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

const FIXED = [
  ...(['selector', 'completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy'] as const),
  ...(['successPolicy'] as const),
];

/** What of a Job is for life (batch/validation ValidateJobSpecUpdate). */
export function validateJobUpdate(job: Job, old: Job): FieldError[] {
  const [after, before] = [job.spec, old.spec];
  // An Indexed Job grows and shrinks when as many run as are wanted.
  const elastic = after?.completionMode === 'Indexed' && after.completions === after.parallelism;
  const template = before && !old.status?.startTime && before.suspend ? startable(before, after) : before?.template;
  return [
    ...(elastic ? [] : immutable('spec.completions', after?.completions, before?.completions)),
    ...FIXED.flatMap((name) => immutable(`spec.${name}`, after?.[name], before?.[name])),
    ...(equalJson(after?.template, template)
      ? []
      : [invalidValue('spec.template', after?.template, 'field is immutable')]),
  ];
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
