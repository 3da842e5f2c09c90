import { JOBS, type Job } from '../../../shared/api/kinds.ts';
import { humanDuration } from '../columns/age.ts';
import { ageColumn, column, fieldDoc, nameColumn, templateColumns } from '../columns/columns.ts';
import { generateSelector, setJobDefaults } from '../defaults/job-defaults.ts';
import type { KindDefinition } from '../definition.ts';
import { bumpGeneration, startGeneration } from '../strategy.ts';
import { validateJob, validateJobUpdate } from '../validation/job.ts';
import { validateCounts } from '../validation/workload-parts.ts';

const SPEC = 'io.k8s.api.batch.v1.JobSpec';
const STATUS = 'io.k8s.api.batch.v1.JobStatus';

const hasCondition = ({ status }: Job, type: string): boolean =>
  status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false;

/** The first of these that holds is what a Job is. */
function jobStatus(job: Job): string {
  const ended = ['Complete', 'Failed'].find((type) => hasCondition(job, type));
  if (ended) return ended;
  if (job.metadata?.deletionTimestamp) return 'Terminating';
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find((type) => hasCondition(job, type)) ?? 'Running';
}

function completions({ spec, status }: Job): string {
  const done = status?.succeeded ?? 0;
  if (spec?.completions !== undefined) return `${done}/${spec.completions}`;
  const parallelism = spec?.parallelism ?? 0;
  return parallelism > 1 ? `${done}/1 of ${parallelism}` : `${done}/1`;
}

function duration({ status }: Job, now: number): string {
  if (!status?.startTime) return '';
  return humanDuration(
    (status.completionTime ? Date.parse(status.completionTime) : now) - Date.parse(status.startTime),
  );
}

export const jobKind: KindDefinition<Job> = {
  type: JOBS,
  singular: 'job',
  shortNames: [],
  categories: ['all'],
  schema: 'io.k8s.api.batch.v1.Job',
  durability: 'durable',
  hasStatus: true,
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: true,
  allowCreateOnUpdate: false,
  setDefaults: setJobDefaults,
  prepareForCreate(job) {
    generateSelector(job);
    job.status = {};
    startGeneration(job);
  },
  prepareForUpdate: bumpGeneration,
  validate: validateJob,
  validateUpdate: validateJobUpdate,
  validateStatusUpdate: ({ status }) =>
    validateCounts(status, ['active', 'succeeded', 'failed', 'ready', 'terminating']),
  selectableFields: { 'status.successful': ({ status }) => String(status?.succeeded ?? 0) },
  columns: [
    nameColumn(),
    column('Status', 'string', 'Status of the job.', jobStatus),
    column('Completions', 'string', fieldDoc(STATUS, 'succeeded'), completions),
    column('Duration', 'string', 'Time required to complete the job.', duration),
    ageColumn(),
    ...templateColumns(SPEC),
  ],
};
