import { REPLICATION_CONTROLLERS, type ReplicationController } from '../../../shared/api/kinds.ts';
import { matchesLabelSelector } from '../../../shared/api/selector.ts';
import {
  ageColumn,
  column,
  containerColumns,
  fieldDoc,
  nameColumn,
  printLabels,
  wideColumn,
} from '../columns/columns.ts';
import { setPodSpecDefaults } from '../defaults/pod-spec-defaults.ts';
import type { KindDefinition } from '../definition.ts';
import { bumpGeneration, startGeneration } from '../strategy.ts';
import type { FieldError } from '../validation/field-error.ts';
import { forbiddenField, invalidValue, nonNegative, notSupported, required } from '../validation/fields.ts';
import { validatePodTemplate } from '../validation/pod-template.ts';

const SPEC = 'io.k8s.api.core.v1.ReplicationControllerSpec';
const STATUS = 'io.k8s.api.core.v1.ReplicationControllerStatus';
const COUNTS = ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'] as const;

/** Labels of the pods are the selector and the labels of the controller, unless it has its own. */
function setControllerDefaults({ metadata, spec }: ReplicationController): void {
  if (!spec) return;
  const labels = spec.template?.metadata?.labels;
  if (labels) {
    if (Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels };
    if (metadata && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
  }
  spec.replicas ??= 1;
  if (spec.template?.spec) setPodSpecDefaults(spec.template.spec);
}

function validateController({ spec }: ReplicationController): FieldError[] {
  const { selector = {}, template } = spec ?? {};
  const empty = Object.keys(selector).length === 0;
  const labels = template?.metadata?.labels ?? {};
  const pods = template?.spec;
  return [
    ...nonNegative('spec.minReadySeconds', spec?.minReadySeconds),
    ...(empty ? [required('spec.selector')] : []),
    ...nonNegative('spec.replicas', spec?.replicas),
    ...(template ? [] : [required('spec.template')]),
    ...(template && !empty && !matchesLabelSelector({ matchLabels: selector }, labels)
      ? [invalidValue('spec.template.metadata.labels', labels, '`selector` does not match template `labels`')]
      : []),
    ...(template ? validatePodTemplate(template, 'spec.template') : []),
    ...(pods?.restartPolicy && pods.restartPolicy !== 'Always'
      ? [notSupported('spec.template.spec.restartPolicy', pods.restartPolicy, ['Always'])]
      : []),
    ...(pods?.activeDeadlineSeconds === undefined
      ? []
      : [
          forbiddenField(
            'spec.template.spec.activeDeadlineSeconds',
            'activeDeadlineSeconds in ReplicationController is not Supported',
          ),
        ]),
  ];
}

function validateStatus({ status }: ReplicationController): FieldError[] {
  const replicas = status?.replicas ?? 0;
  const available = status?.availableReplicas ?? 0;
  return [
    ...(['replicas', ...COUNTS, 'observedGeneration'] as const).flatMap((field) =>
      nonNegative(`status.${field}`, status?.[field]),
    ),
    ...COUNTS.filter((field) => (status?.[field] ?? 0) > replicas).map((field) =>
      invalidValue(`status.${field}`, status?.[field], 'cannot be greater than status.replicas'),
    ),
    ...(available > (status?.readyReplicas ?? 0)
      ? [invalidValue('status.availableReplicas', available, 'cannot be greater than readyReplicas')]
      : []),
  ];
}

export const replicationControllerKind: KindDefinition<ReplicationController> = {
  type: REPLICATION_CONTROLLERS,
  singular: 'replicationcontroller',
  shortNames: ['rc'],
  categories: ['all'],
  schema: 'io.k8s.api.core.v1.ReplicationController',
  durability: 'durable',
  hasStatus: true,
  scale: {
    specReplicas: ({ spec }) => spec?.replicas ?? 1,
    statusReplicas: ({ status }) => status?.replicas ?? 0,
    selector: ({ spec }) => (spec?.selector ? printLabels(spec.selector) : ''),
    withReplicas: (controller, replicas) => ({ ...controller, spec: { ...controller.spec, replicas } }),
  },
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: true,
  allowCreateOnUpdate: false,
  setDefaults: setControllerDefaults,
  prepareForCreate(controller) {
    controller.status = { replicas: 0 };
    startGeneration(controller);
  },
  prepareForUpdate: bumpGeneration,
  validate: validateController,
  validateStatusUpdate: validateStatus,
  selectableFields: { 'status.replicas': ({ status }) => String(status?.replicas ?? 0) },
  columns: [
    nameColumn(),
    column('Desired', 'integer', fieldDoc(SPEC, 'replicas'), ({ spec }) => spec?.replicas ?? 0),
    column('Current', 'integer', fieldDoc(STATUS, 'replicas'), ({ status }) => status?.replicas ?? 0),
    column('Ready', 'integer', fieldDoc(STATUS, 'readyReplicas'), ({ status }) => status?.readyReplicas ?? 0),
    ageColumn(),
    ...containerColumns<ReplicationController>(({ spec }) => spec?.template),
    wideColumn('Selector', 'string', fieldDoc(SPEC, 'selector'), ({ spec }) => printLabels(spec?.selector)),
  ],
};
