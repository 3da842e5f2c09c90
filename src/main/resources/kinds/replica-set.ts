import { REPLICA_SETS, type ReplicaSet } from '../../../shared/api/kinds.ts';
import { formatSelector } from '../../../shared/api/selector.ts';
import { ageColumn, column, fieldDoc, nameColumn, templateColumns } from '../columns/columns.ts';
import { setPodSpecDefaults } from '../defaults/pod-spec-defaults.ts';
import type { KindDefinition } from '../definition.ts';
import { bumpGeneration, startGeneration } from '../strategy.ts';
import { immutable, nonNegative } from '../validation/fields.ts';
import { validateSelectorAndTemplate } from '../validation/pod-template.ts';
import { availableWithinReady, validateCounts } from '../validation/workload-parts.ts';

const SPEC = 'io.k8s.api.apps.v1.ReplicaSetSpec';
const STATUS = 'io.k8s.api.apps.v1.ReplicaSetStatus';
const PARTS = ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'] as const;

export const replicaSetKind: KindDefinition<ReplicaSet> = {
  type: REPLICA_SETS,
  singular: 'replicaset',
  shortNames: ['rs'],
  categories: ['all'],
  schema: 'io.k8s.api.apps.v1.ReplicaSet',
  durability: 'durable',
  hasStatus: true,
  scale: {
    specReplicas: (set) => set.spec?.replicas ?? 1,
    statusReplicas: (set) => set.status?.replicas ?? 0,
    selector: (set) => formatSelector(set.spec?.selector ?? {}),
    withReplicas: (set, replicas) => ({
      ...set,
      spec: { ...set.spec, selector: set.spec?.selector ?? {}, replicas },
    }),
  },
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: true,
  allowCreateOnUpdate: false,
  setDefaults(set) {
    if (!set.spec) return;
    set.spec.replicas ??= 1;
    if (set.spec.template?.spec) setPodSpecDefaults(set.spec.template.spec);
  },
  prepareForCreate(set) {
    set.status = { replicas: 0 };
    startGeneration(set);
  },
  prepareForUpdate: bumpGeneration,
  validate: (set) => [
    ...nonNegative('spec.replicas', set.spec?.replicas),
    ...nonNegative('spec.minReadySeconds', set.spec?.minReadySeconds),
    ...validateSelectorAndTemplate(set.spec, 'ReplicaSet'),
  ],
  validateUpdate: (set, old) => immutable('spec.selector', set.spec?.selector, old.spec?.selector),
  validateStatusUpdate: ({ status }) => [
    ...validateCounts(status, ['replicas', ...PARTS, 'observedGeneration'], { total: 'replicas', parts: PARTS }),
    ...availableWithinReady(status),
  ],
  selectableFields: { 'status.replicas': (set) => String(set.status?.replicas ?? 0) },
  columns: [
    nameColumn(),
    column('Desired', 'integer', fieldDoc(SPEC, 'replicas'), (set) => set.spec?.replicas ?? 0),
    column('Current', 'integer', fieldDoc(STATUS, 'replicas'), (set) => set.status?.replicas ?? 0),
    column('Ready', 'integer', fieldDoc(STATUS, 'readyReplicas'), (set) => set.status?.readyReplicas ?? 0),
    ageColumn(),
    ...templateColumns(SPEC),
  ],
};
