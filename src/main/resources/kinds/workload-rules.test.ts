import { describe, expect, test } from 'vitest';
import type { CronJob, Job, StatefulSet } from '../../../shared/api/kinds.ts';
import type { JsonObject } from '../decode/json-value.ts';
import { tableOf } from '../table.ts';
import { complaints, update } from '../testing/complaints.ts';
import { created, kindNamed } from '../testing/samples.ts';
import { scheduleComplaint } from '../validation/cron-schedule.ts';

const NOW = Date.parse('2026-01-01T01:00:00Z');
const cellsOf = (kindName: string, object: object): unknown[] =>
  tableOf(kindNamed(kindName), [object], { now: NOW, includeObject: 'None', listMeta: {} }).rows[0]!.cells;

const pods = {
  metadata: { labels: { app: 'x' } },
  spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] },
};
const aJob = (spec: JsonObject = {}): Job =>
  created<Job>('Job', { metadata: { name: 'j', namespace: 'd', uid: 'u-9' }, spec: { template: pods, ...spec } });

describe('a Job', () => {
  test('gets the defaults of upstream and selects its pods by its uid', () => {
    const { metadata, spec, status } = aJob();
    expect(metadata).toEqual({ name: 'j', namespace: 'd', uid: 'u-9', generation: 1, labels: { app: 'x' } });
    expect(spec).toMatchObject({
      completions: 1,
      parallelism: 1,
      backoffLimit: 6,
      completionMode: 'NonIndexed',
      suspend: false,
      manualSelector: false,
      podReplacementPolicy: 'TerminatingOrFailed',
      selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': 'u-9' } },
    });
    expect(spec?.template.metadata?.labels).toEqual({
      app: 'x',
      'controller-uid': 'u-9',
      'batch.kubernetes.io/controller-uid': 'u-9',
      'job-name': 'j',
      'batch.kubernetes.io/job-name': 'j',
    });
    expect(status).toEqual({});
  });

  test('of which only the parallelism is given runs until one succeeds', () => {
    expect(aJob({ parallelism: 3 }).spec).not.toHaveProperty('completions');
    expect(aJob({ completions: 3 }).spec?.parallelism).toBe(1);
  });

  test.each<[JsonObject, string]>([
    [
      { spec: { template: { spec: { restartPolicy: 'Always' } }, podFailurePolicy: null } },
      'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
    ],
    [{ spec: { completions: null } }, 'spec.completions: Required value: when completion mode is Indexed'],
    [
      { spec: { completionMode: 'NonIndexed', successPolicy: null, maxFailedIndexes: null } },
      'spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode',
    ],
    [{ spec: { backoffLimit: -1 } }, 'spec.backoffLimit: Invalid value: -1: must be greater than or equal to 0'],
    [
      { spec: { selector: { matchLabels: { app: 'mine' } } } },
      expect.stringContaining('`selector` not auto-generated') as string,
    ],
    [
      { spec: { podFailurePolicy: { rules: [{ action: 'Ignore' }] } } },
      expect.stringContaining('specifying one of OnExitCodes and OnPodConditions is required') as string,
    ],
  ])('%j', (change, message) => expect(complaints('Job', change)).toContainEqual(message));

  test('keeps its template, which may be steered while it has not started', () => {
    const steer = { spec: { template: { spec: { nodeSelector: { disk: 'ssd' } } } } };
    expect(update('Job', steer, aJob()).errors).toEqual([
      expect.stringMatching(/^spec\.template: Invalid value: .*: field is immutable$/),
    ]);
    expect(update('Job', steer, aJob({ suspend: true })).errors).toEqual([]);
    const other = { spec: { template: { spec: { containers: [{ name: 'c', image: 'other' }] } } } };
    expect(update('Job', other, aJob({ suspend: true })).errors).toHaveLength(1);
    expect(update('Job', { spec: { completions: 2 } }, aJob()).errors).toEqual([
      'spec.completions: Invalid value: 2: field is immutable',
    ]);
  });

  test('is printed with its state and how long it took', () => {
    const status = { succeeded: 1, startTime: '2026-01-01T00:00:00Z', completionTime: '2026-01-01T00:05:00Z' };
    const done = { ...aJob(), status: { ...status, conditions: [{ type: 'Complete', status: 'True' }] } };
    expect(cellsOf('Job', done).slice(1, 4)).toEqual(['Complete', '1/1', '5m']);
    expect(cellsOf('Job', { ...aJob({ parallelism: 3 }), status: {} }).slice(1, 4)).toEqual([
      'Running',
      '0/1 of 3',
      '',
    ]);
  });
});

describe('a CronJob', () => {
  test.each(['* * * * *', '*/5 0-23/2 1,15 jan-dec MON-fri', '5/15 * ? * 6', '@hourly', '@every 1h30m', '0 0 31 2 0'])(
    '%s is a schedule',
    (schedule) => expect(scheduleComplaint(schedule)).toBeUndefined(),
  );

  test.each([
    ['often', 'expected exactly 5 fields, found 1: [often]'],
    ['* * * * * *', 'expected exactly 5 fields, found 6: [* * * * * *]'],
    ['60 * * * *', 'end of range (60) above maximum (59): 60'],
    ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
    ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
    ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
    ['1/2/3 * * * *', 'too many slashes: 1/2/3'],
    ['x * * * *', 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
    ['@often', 'unrecognized descriptor: @often'],
  ])('%s is none', (schedule, complaint) => expect(scheduleComplaint(schedule)).toBe(complaint));

  test.each<[JsonObject, string]>([
    [{ spec: { schedule: null } }, 'spec.schedule: Required value'],
    [{ spec: { timeZone: 'Mars/Base' } }, 'spec.timeZone: Invalid value: "Mars/Base": unknown time zone Mars/Base'],
    [
      { spec: { schedule: 'TZ=UTC * * * * *' } },
      'spec.schedule: Invalid value: "TZ=UTC * * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
    ],
    [
      { metadata: { name: 'n'.repeat(53) } },
      `metadata.name: Invalid value: "${'n'.repeat(53)}": must be no more than 52 characters`,
    ],
    [
      { spec: { jobTemplate: { spec: { manualSelector: true } } } },
      'spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: "nil", "false"',
    ],
  ])('%j', (change, message) => expect(complaints('CronJob', change)).toEqual([message]));

  test('gets the defaults of upstream; its Jobs get theirs when they are made', () => {
    const { spec } = created<CronJob>('CronJob', {
      metadata: { name: 'c', namespace: 'd' },
      spec: { schedule: '@daily', jobTemplate: { spec: { template: pods } } },
    });
    expect(spec).toMatchObject({
      concurrencyPolicy: 'Allow',
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
    });
    expect(spec?.jobTemplate.spec).not.toHaveProperty('completions');
    expect(spec?.jobTemplate.spec?.template.spec?.dnsPolicy).toBe('ClusterFirst');
  });
});

describe('StatefulSets and DaemonSets', () => {
  test('containers mount claims by the names of their templates', () => {
    const mounts = (name: string): JsonObject => ({
      spec: {
        template: { spec: { containers: [{ name: 'c', image: 'i', volumeMounts: [{ name, mountPath: '/s' }] }] } },
      },
    });
    expect(complaints('StatefulSet', mounts('state'))).toEqual([]);
    expect(complaints('StatefulSet', mounts('elsewhere'))).toEqual([
      'spec.template.spec.containers[0].volumeMounts[0].name: Not found: "elsewhere"',
    ]);
  });

  test('a set keeps what its pods are made of', () => {
    expect(update('StatefulSet', { spec: { replicas: 5, minReadySeconds: 3 } }).errors).toEqual([]);
    expect(update('StatefulSet', { spec: { serviceName: 'other' } }).errors).toEqual([
      "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    ]);
  });

  test('claims are templates of claims, with their defaults', () => {
    expect(created<StatefulSet>('StatefulSet').spec?.volumeClaimTemplates).toMatchObject([
      {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        spec: { volumeMode: 'Filesystem' },
        status: { phase: 'Pending' },
      },
    ]);
  });

  test.each<[string, JsonObject, string]>([
    [
      'StatefulSet',
      { spec: { podManagementPolicy: 'Any' } },
      `spec.podManagementPolicy: Invalid value: "Any": must be 'OrderedReady' or 'Parallel'`,
    ],
    [
      'StatefulSet',
      { spec: { updateStrategy: { rollingUpdate: { partition: -1 } } } },
      'spec.updateStrategy.rollingUpdate.partition: Invalid value: -1: must be greater than or equal to 0',
    ],
    [
      'DaemonSet',
      { spec: { updateStrategy: { rollingUpdate: { maxUnavailable: 0 } } } },
      'spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0',
    ],
    [
      'DaemonSet',
      { spec: { updateStrategy: { rollingUpdate: { maxSurge: 1 } } } },
      'spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero',
    ],
    ['ControllerRevision', { data: null }, 'data: Required value: data is mandatory'],
  ])('%s %j', (kindName, change, message) => expect(complaints(kindName, change)).toEqual([message]));

  test('a revision is printed with what made it', () => {
    const owner = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', uid: 'u', controller: true };
    const revision = { metadata: { name: 'db-1', ownerReferences: [owner] }, revision: 4 };
    expect(cellsOf('ControllerRevision', revision).slice(1, 3)).toEqual(['statefulset.apps/db', 4]);
  });
});
