import type { Job } from '../../../shared/api/kinds.ts';
import { setPodSpecDefaults } from './pod-spec-defaults.ts';

type JobSpec = NonNullable<Job['spec']>;

const BACKOFF_LIMIT = 6;
/** With a limit for each index there is, so to say, none for the whole. */
const NO_BACKOFF_LIMIT = 2 ** 31 - 1;

/** Defaults of a Job (batch/v1 SetDefaults_Job). Changes its argument. */
export function setJobDefaults({ metadata, spec }: Job): void {
  if (!spec) return;
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? BACKOFF_LIMIT : NO_BACKOFF_LIMIT;
  const labels = spec.template?.metadata?.labels;
  if (metadata && labels && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed';
  spec.manualSelector ??= false;
  setJobTemplateDefaults(spec);
}

/** The part of them that a CronJob's template gets too. */
export function setJobTemplateDefaults(spec: JobSpec): void {
  if (spec.template?.spec) setPodSpecDefaults(spec.template.spec);
  for (const rule of spec.podFailurePolicy?.rules ?? []) {
    for (const pattern of rule.onPodConditions ?? []) pattern.status ||= 'True';
  }
}

/** The old label names are kept beside the new, for whoever selects by them. */
export const JOB_LABELS = {
  uid: ['controller-uid', 'batch.kubernetes.io/controller-uid'],
  name: ['job-name', 'batch.kubernetes.io/job-name'],
} as const;

/** Selects a Job's pods by its uid, unless who made it selects them in another way (job strategy generateSelector). */
export function generateSelector(job: Job): void {
  const { spec, metadata } = job;
  if (!spec || spec.manualSelector) return;
  const uid = metadata?.uid ?? '';
  spec.template ??= {};
  const meta = (spec.template.metadata ??= {});
  const labels = (meta.labels ??= {});
  for (const name of JOB_LABELS.name) labels[name] ??= metadata?.name ?? '';
  for (const name of JOB_LABELS.uid) labels[name] ??= uid;
  spec.selector ??= {};
  spec.selector.matchLabels ??= {};
  spec.selector.matchLabels[JOB_LABELS.uid[1]] ??= uid;
}
