import { STATEFUL_SETS, type StatefulSet } from '../../../shared/api/kinds.ts';
import { formatSelector } from '../../../shared/api/selector.ts';
import { ageColumn, column, containerColumns, nameColumn } from '../columns/columns.ts';
import { setClaimDefaults } from '../defaults/claim-defaults.ts';
import { setPodSpecDefaults } from '../defaults/pod-spec-defaults.ts';
import type { KindDefinition } from '../definition.ts';
import { bumpGeneration, startGeneration } from '../strategy.ts';
import { validateStatefulSet, validateStatefulSetUpdate } from '../validation/stateful-set.ts';
import { availableWithinReady, validateCollisionCount, validateCounts } from '../validation/workload-parts.ts';

const PARTS = ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'] as const;

function setStatefulSetDefaults({ spec }: StatefulSet): void {
  if (!spec) return;
  spec.podManagementPolicy ||= 'OrderedReady';
  spec.updateStrategy ??= {};
  spec.updateStrategy.type ||= 'RollingUpdate';
  if (spec.updateStrategy.type === 'RollingUpdate') {
    spec.updateStrategy.rollingUpdate ??= {};
    spec.updateStrategy.rollingUpdate.partition ??= 0;
  }
  spec.persistentVolumeClaimRetentionPolicy ??= {};
  spec.persistentVolumeClaimRetentionPolicy.whenDeleted ||= 'Retain';
  spec.persistentVolumeClaimRetentionPolicy.whenScaled ||= 'Retain';
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
  if (spec.template?.spec) setPodSpecDefaults(spec.template.spec);
  for (const claim of spec.volumeClaimTemplates ?? []) {
    claim.apiVersion = 'v1';
    claim.kind = 'PersistentVolumeClaim';
    claim.status ??= {};
    claim.status.phase ||= 'Pending';
    setClaimDefaults(claim);
  }
}

export const statefulSetKind: KindDefinition<StatefulSet> = {
  type: STATEFUL_SETS,
  singular: 'statefulset',
  shortNames: ['sts'],
  categories: ['all'],
  schema: 'io.k8s.api.apps.v1.StatefulSet',
  durability: 'durable',
  hasStatus: true,
  scale: {
    specReplicas: ({ spec }) => spec?.replicas ?? 1,
    statusReplicas: ({ status }) => status?.replicas ?? 0,
    selector: ({ spec }) => formatSelector(spec?.selector ?? {}),
    withReplicas: (set, replicas) => ({
      ...set,
      spec: { ...set.spec, selector: set.spec?.selector ?? {}, template: set.spec?.template ?? {}, replicas },
    }),
  },
  subresources: [],
  nameRule: 'dns1123label',
  allowUnconditionalUpdate: true,
  allowCreateOnUpdate: false,
  setDefaults: setStatefulSetDefaults,
  prepareForCreate(set) {
    set.status = { replicas: 0, availableReplicas: 0 };
    startGeneration(set);
  },
  prepareForUpdate: bumpGeneration,
  validate: validateStatefulSet,
  validateUpdate: validateStatefulSetUpdate,
  validateStatusUpdate: ({ status }, old) => [
    ...validateCounts(status, ['replicas', ...PARTS, 'observedGeneration', 'collisionCount'], {
      total: 'replicas',
      parts: PARTS,
    }),
    ...availableWithinReady(status, 'status.readyReplicas'),
    ...validateCollisionCount(status, old.status),
  ],
  selectableFields: {},
  columns: [
    nameColumn(),
    column(
      'Ready',
      'string',
      'Number of the pod with ready state',
      ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
    ),
    ageColumn(),
    ...containerColumns<StatefulSet>(({ spec }) => spec?.template),
  ],
};
