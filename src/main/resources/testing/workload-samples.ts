import type { JsonObject } from '../decode/json-value.ts';

/** For tests: valid objects of the kinds that run pods. `podTemplate` is labelled `app: web`. */
export function workloadSamples(podTemplate: JsonObject): Readonly<Record<string, JsonObject>> {
  const spec = podTemplate['spec'] as JsonObject;
  const once = { ...podTemplate, spec: { ...spec, restartPolicy: 'Never' } };
  const selector = { matchLabels: { app: 'web' } };
  return {
    StatefulSet: {
      metadata: { name: 'db', namespace: 'default' },
      spec: {
        serviceName: 'db',
        replicas: 2,
        selector,
        template: podTemplate,
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } },
        volumeClaimTemplates: [
          {
            metadata: { name: 'state' },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
          },
        ],
      },
    },
    DaemonSet: {
      metadata: { name: 'agent', namespace: 'default' },
      spec: { selector, template: podTemplate, updateStrategy: { rollingUpdate: { maxUnavailable: '10%' } } },
    },
    ControllerRevision: {
      metadata: { name: 'db-1', namespace: 'default' },
      data: { spec: { template: { $patch: 'replace' } } },
      revision: 1,
    },
    Job: {
      metadata: { name: 'migrate', namespace: 'default', uid: 'u-3' },
      spec: {
        completions: 3,
        parallelism: 2,
        completionMode: 'Indexed',
        backoffLimitPerIndex: 1,
        maxFailedIndexes: 2,
        ttlSecondsAfterFinished: 60,
        template: once,
        podFailurePolicy: {
          rules: [
            { action: 'FailJob', onExitCodes: { containerName: 'web', operator: 'In', values: [1, 42] } },
            { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] },
          ],
        },
        successPolicy: { rules: [{ succeededCount: 2 }] },
      },
    },
    CronJob: {
      metadata: { name: 'nightly', namespace: 'default' },
      spec: {
        schedule: '*/15 1-5 * jan-mar mon',
        timeZone: 'Europe/Berlin',
        concurrencyPolicy: 'Forbid',
        startingDeadlineSeconds: 30,
        jobTemplate: { metadata: { labels: { team: 'a' } }, spec: { template: once } },
      },
    },
  };
}
