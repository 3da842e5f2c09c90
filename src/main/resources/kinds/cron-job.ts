import { CRON_JOBS, type CronJob } from '../../../shared/api/kinds.ts';
import { printAge } from '../columns/age.ts';
import {
  ageColumn,
  column,
  containerColumns,
  fieldDoc,
  nameColumn,
  printSelector,
  wideColumn,
} from '../columns/columns.ts';
import { setJobTemplateDefaults } from '../defaults/job-defaults.ts';
import type { KindDefinition } from '../definition.ts';
import { bumpGeneration, startGeneration } from '../strategy.ts';
import { scheduleComplaint } from '../validation/cron-schedule.ts';
import type { FieldError } from '../validation/field-error.ts';
import { invalidValue, nonNegative, notSupported, required, requiredOneOf } from '../validation/fields.ts';
import { validateJobSpec } from '../validation/job.ts';

const SPEC = 'io.k8s.api.batch.v1.CronJobSpec';
const STATUS = 'io.k8s.api.batch.v1.CronJobStatus';
/** Jobs are called NAME-MINUTES: eleven characters go to that. */
const LONGEST_NAME = 52;

function setCronJobDefaults({ spec }: CronJob): void {
  if (!spec) return;
  spec.concurrencyPolicy ||= 'Allow';
  spec.suspend ??= false;
  spec.successfulJobsHistoryLimit ??= 3;
  spec.failedJobsHistoryLimit ??= 1;
  if (spec.jobTemplate?.spec) setJobTemplateDefaults(spec.jobTemplate.spec);
}

/** batch/validation ValidateCronJobCreate. */
function validateCronJob({ metadata, spec }: CronJob): FieldError[] {
  const name = metadata?.name ?? '';
  const job = spec?.jobTemplate?.spec;
  const jobField = 'spec.jobTemplate.spec';
  return [
    ...(name.length > LONGEST_NAME
      ? [invalidValue('metadata.name', name, `must be no more than ${LONGEST_NAME} characters`)]
      : []),
    ...validateSchedule(spec?.schedule ?? '', spec?.timeZone),
    ...nonNegative('spec.startingDeadlineSeconds', spec?.startingDeadlineSeconds),
    ...(spec ? requiredOneOf('spec.concurrencyPolicy', spec.concurrencyPolicy, ['Allow', 'Forbid', 'Replace']) : []),
    ...nonNegative('spec.successfulJobsHistoryLimit', spec?.successfulJobsHistoryLimit),
    ...nonNegative('spec.failedJobsHistoryLimit', spec?.failedJobsHistoryLimit),
    ...validateJobSpec(job, jobField),
    ...(job?.selector ? [invalidValue(`${jobField}.selector`, job.selector, '`selector` will be auto-generated')] : []),
    ...(job?.manualSelector ? [notSupported(`${jobField}.manualSelector`, true, ['nil', 'false'])] : []),
  ];
}

function validateSchedule(schedule: string, timeZone: string | undefined): FieldError[] {
  const field = 'spec.schedule';
  if (schedule === '') return [required(field)];
  const complaint = scheduleComplaint(schedule);
  return [
    ...(complaint === undefined ? [] : [invalidValue(field, schedule, complaint)]),
    ...(schedule.includes('TZ')
      ? [invalidValue(field, schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead')]
      : []),
    ...(timeZone === undefined ? [] : validateTimeZone(timeZone, 'spec.timeZone')),
  ];
}

function validateTimeZone(zone: string, field: string): FieldError[] {
  if (zone === '') return [invalidValue(field, zone, 'timeZone must be nil or non-empty string')];
  if (zone.toLowerCase() === 'local') {
    const detail = 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones';
    return [invalidValue(field, zone, detail)];
  }
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    // Offsets are not names.
    return /^[+-]/.test(zone) ? [invalidValue(field, zone, `unknown time zone ${zone}`)] : [];
  } catch (error) {
    if (error instanceof RangeError) return [invalidValue(field, zone, `unknown time zone ${zone}`)];
    throw error;
  }
}

export const cronJobKind: KindDefinition<CronJob> = {
  type: CRON_JOBS,
  singular: 'cronjob',
  shortNames: ['cj'],
  categories: ['all'],
  schema: 'io.k8s.api.batch.v1.CronJob',
  durability: 'durable',
  hasStatus: true,
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: true,
  allowCreateOnUpdate: false,
  setDefaults: setCronJobDefaults,
  prepareForCreate(cronJob) {
    cronJob.status = {};
    startGeneration(cronJob);
  },
  prepareForUpdate: bumpGeneration,
  validate: validateCronJob,
  selectableFields: {},
  columns: [
    nameColumn(),
    column('Schedule', 'string', fieldDoc(SPEC, 'schedule'), ({ spec }) => spec?.schedule ?? ''),
    column('Timezone', 'string', fieldDoc(SPEC, 'timeZone'), ({ spec }) => spec?.timeZone ?? '<none>'),
    column('Suspend', 'boolean', fieldDoc(SPEC, 'suspend'), ({ spec }) =>
      spec?.suspend === undefined ? '<unset>' : spec.suspend ? 'True' : 'False',
    ),
    column('Active', 'integer', fieldDoc(STATUS, 'active'), ({ status }) => status?.active?.length ?? 0),
    column('Last Schedule', 'string', fieldDoc(STATUS, 'lastScheduleTime'), ({ status }, now) =>
      status?.lastScheduleTime ? printAge(status.lastScheduleTime, now) : '<none>',
    ),
    ageColumn(),
    ...containerColumns<CronJob>(({ spec }) => spec?.jobTemplate?.spec?.template),
    wideColumn('Selector', 'string', fieldDoc('io.k8s.api.batch.v1.JobSpec', 'selector'), ({ spec }) =>
      printSelector(spec?.jobTemplate?.spec?.selector),
    ),
  ],
};
