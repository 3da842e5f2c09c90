import { PODS, type Pod } from '../../../shared/api/kinds.ts';
import { ageColumn, column, fieldDoc, nameColumn, wideColumn } from '../columns/columns.ts';
import { summarizePod } from '../../../shared/view/pod-summary.ts';
import { printRestarts } from '../columns/pod-restarts.ts';
import { setRequestsFromLimits } from '../defaults/container-defaults.ts';
import { setPodSpecDefaults } from '../defaults/pod-spec-defaults.ts';
import type { KindDefinition } from '../definition.ts';
import { bumpGeneration, startGeneration } from '../strategy.ts';
import type { FieldError } from '../validation/field-error.ts';
import { forbiddenField, invalidValue, nonNegative } from '../validation/fields.ts';
import { validatePodSpec } from '../validation/pod-spec.ts';
import { validatePodUpdate } from '../validation/pod-update.ts';
import { qosClass } from './pod-qos.ts';

export { addDefaultTolerations } from './pod-tolerations.ts';

const SPEC = 'io.k8s.api.core.v1.PodSpec';
const STATUS = 'io.k8s.api.core.v1.PodStatus';

function setPodDefaults({ spec }: Pod): void {
  if (!spec) return;
  spec.enableServiceLinks ??= true;
  setPodSpecDefaults(spec);
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])])
    setRequestsFromLimits(container);
}

function validatePod(pod: Pod): FieldError[] {
  const errors = validatePodSpec(pod.spec, 'spec');
  if (pod.spec?.nodeName && pod.spec.schedulingGates?.length) {
    errors.push(forbiddenField('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'));
  }
  return errors;
}

function validatePodStatus(pod: Pod): FieldError[] {
  const status = pod.status;
  const restarts = ['initContainerStatuses', 'containerStatuses', 'ephemeralContainerStatuses'] as const;
  const errors = restarts.flatMap((list) =>
    (status?.[list] ?? []).flatMap(({ restartCount }, index) =>
      nonNegative(`status.${list}[${index}].restartCount`, restartCount),
    ),
  );
  const first = status?.podIPs?.[0]?.ip;
  if (status?.podIP && first !== undefined && first !== status.podIP) {
    errors.push(invalidValue('status.podIPs[0].ip', first, `must equal \`podIP\` (${status.podIP})`));
  }
  return errors;
}

/** `podIP` is the first of `podIPs`: whoever writes one gets both. */
function mirrorPodIp({ status }: Pod): void {
  if (!status) return;
  if (status.podIP && !status.podIPs?.length) status.podIPs = [{ ip: status.podIP }];
  const first = status.podIPs?.[0]?.ip;
  if (first && !status.podIP) status.podIP = first;
}

/**
 * Seconds between the deletion of a pod and its end: what was asked for, else what its spec says; none for a pod that
 * no kubelet has to stop (registry/core/pod CheckGracefulDelete).
 */
function gracePeriod(pod: Pod, requested: number | undefined): number {
  const phase = pod.status?.phase;
  if (!pod.spec?.nodeName || phase === 'Succeeded' || phase === 'Failed') return 0;
  const period = requested ?? pod.spec.terminationGracePeriodSeconds ?? 0;
  return period < 0 ? 1 : period;
}

function readinessGates(pod: Pod): string {
  const gates = pod.spec?.readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  const passed = gates.filter(({ conditionType }) =>
    pod.status?.conditions?.some(({ type, status }) => type === conditionType && status === 'True'),
  );
  return `${passed.length}/${gates.length}`;
}

export const podKind: KindDefinition<Pod> = {
  type: PODS,
  singular: 'pod',
  shortNames: ['po'],
  categories: ['all'],
  schema: 'io.k8s.api.core.v1.Pod',
  durability: 'durable',
  hasStatus: true,
  subresources: [
    { name: 'attach', kind: { group: '', version: 'v1', kind: 'PodAttachOptions' }, verbs: ['create', 'get'] },
    { name: 'binding', kind: { group: '', version: 'v1', kind: 'Binding' }, verbs: ['create'] },
    { name: 'ephemeralcontainers', kind: { group: '', version: 'v1', kind: 'Pod' }, verbs: ['get', 'patch', 'update'] },
    { name: 'eviction', kind: { group: 'policy', version: 'v1', kind: 'Eviction' }, verbs: ['create'] },
    { name: 'exec', kind: { group: '', version: 'v1', kind: 'PodExecOptions' }, verbs: ['create', 'get'] },
    { name: 'log', kind: { group: '', version: 'v1', kind: 'Pod' }, verbs: ['get'] },
    {
      name: 'portforward',
      kind: { group: '', version: 'v1', kind: 'PodPortForwardOptions' },
      verbs: ['create', 'get'],
    },
    {
      name: 'proxy',
      kind: { group: '', version: 'v1', kind: 'PodProxyOptions' },
      verbs: ['create', 'delete', 'get', 'patch', 'update'],
    },
    { name: 'resize', kind: { group: '', version: 'v1', kind: 'Pod' }, verbs: ['get', 'patch', 'update'] },
  ],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: true,
  allowCreateOnUpdate: false,
  setDefaults: setPodDefaults,
  prepareForCreate(pod, { now }) {
    startGeneration(pod);
    pod.status = { phase: 'Pending', qosClass: qosClass(pod) };
    if (pod.spec?.schedulingGates?.length) {
      const message = 'Scheduling is blocked due to non-empty scheduling gates';
      pod.status.conditions = [
        {
          type: 'PodScheduled',
          status: 'False',
          reason: 'SchedulingGated',
          message,
          lastTransitionTime: now.toISOString().replace(/\.\d+/, ''),
        },
      ];
    }
  },
  prepareForUpdate: bumpGeneration,
  prepareForStatusUpdate(pod, old) {
    mirrorPodIp(pod);
    // The class follows from the spec; a kubelet's status need not repeat it.
    if (pod.status && !pod.status.qosClass && old.status?.qosClass) pod.status.qosClass = old.status.qosClass;
  },
  validate: validatePod,
  validateCreate: ({ spec }) =>
    // They come later, through their subresource.
    spec?.ephemeralContainers?.length ? [forbiddenField('spec.ephemeralContainers', 'cannot be set on create')] : [],
  validateUpdate: validatePodUpdate,
  validateStatusUpdate: validatePodStatus,
  selectableFields: {
    'spec.nodeName': (pod) => pod.spec?.nodeName ?? '',
    'spec.restartPolicy': (pod) => pod.spec?.restartPolicy ?? '',
    'spec.schedulerName': (pod) => pod.spec?.schedulerName ?? '',
    'spec.serviceAccountName': (pod) => pod.spec?.serviceAccountName ?? '',
    'spec.hostNetwork': (pod) => String(pod.spec?.hostNetwork ?? false),
    'status.phase': (pod) => pod.status?.phase ?? '',
    'status.podIP': (pod) => pod.status?.podIP ?? '',
    'status.nominatedNodeName': (pod) => pod.status?.nominatedNodeName ?? '',
  },
  columns: [
    nameColumn(),
    column('Ready', 'string', 'The aggregate readiness state of this pod for accepting traffic.', (pod) => {
      const { ready, total } = summarizePod(pod);
      return `${ready}/${total}`;
    }),
    column(
      'Status',
      'string',
      'The aggregate status of the containers in this pod.',
      (pod) => summarizePod(pod).status,
    ),
    column(
      'Restarts',
      'string',
      'The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.',
      (pod, now) => printRestarts(summarizePod(pod), now),
    ),
    ageColumn(),
    wideColumn(
      'IP',
      'string',
      fieldDoc(STATUS, 'podIP'),
      (pod) => pod.status?.podIPs?.[0]?.ip || pod.status?.podIP || '<none>',
    ),
    wideColumn('Node', 'string', fieldDoc(SPEC, 'nodeName'), (pod) => pod.spec?.nodeName || '<none>'),
    wideColumn(
      'Nominated Node',
      'string',
      fieldDoc(STATUS, 'nominatedNodeName'),
      (pod) => pod.status?.nominatedNodeName || '<none>',
    ),
    wideColumn('Readiness Gates', 'string', fieldDoc(SPEC, 'readinessGates'), readinessGates),
  ],
  defaultGraceSeconds: gracePeriod,
};
