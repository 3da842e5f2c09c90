import { DAEMON_SETS, type DaemonSet } from '../../../shared/api/kinds.ts';
import { ageColumn, column, fieldDoc, nameColumn, printLabels, templateColumns } from '../columns/columns.ts';
import { setPodSpecDefaults } from '../defaults/pod-spec-defaults.ts';
import type { KindDefinition } from '../definition.ts';
import { bumpGeneration, startGeneration } from '../strategy.ts';
import type { FieldError } from '../validation/field-error.ts';
import { immutable, invalidValue, nonNegative, notSupported, required } from '../validation/fields.ts';
import { validateSelectorAndTemplate } from '../validation/pod-template.ts';
import {
  atMost100Percent,
  isZeroAmount,
  validateCollisionCount,
  validateCounts,
  validateIntOrPercent,
} from '../validation/workload-parts.ts';

const STATUS = 'io.k8s.api.apps.v1.DaemonSetStatus';
const COUNTS = [
  ...(['currentNumberScheduled', 'numberMisscheduled', 'desiredNumberScheduled', 'numberReady'] as const),
  ...(['observedGeneration', 'updatedNumberScheduled', 'numberAvailable', 'numberUnavailable'] as const),
  ...(['collisionCount'] as const),
];

function setDaemonSetDefaults({ spec }: DaemonSet): void {
  if (!spec) return;
  spec.updateStrategy ??= {};
  spec.updateStrategy.type ||= 'RollingUpdate';
  if (spec.updateStrategy.type === 'RollingUpdate') {
    spec.updateStrategy.rollingUpdate ??= {};
    spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1;
    spec.updateStrategy.rollingUpdate.maxSurge ??= 0;
  }
  spec.revisionHistoryLimit ??= 10;
  if (spec.template?.spec) setPodSpecDefaults(spec.template.spec);
}

/** One of surge and unavailability, never both (apps/validation ValidateRollingUpdateDaemonSet). */
function validateUpdateStrategy(strategy: NonNullable<DaemonSet['spec']>['updateStrategy']): FieldError[] {
  const field = 'spec.updateStrategy';
  const rolling = strategy?.rollingUpdate;
  switch (strategy?.type) {
    case 'OnDelete':
    case undefined:
      return [];
    case 'RollingUpdate':
      return rolling ? validateRolling(rolling, `${field}.rollingUpdate`) : [required(`${field}.rollingUpdate`)];
    default:
      return [notSupported(field, strategy, ['RollingUpdate', 'OnDelete'])];
  }
}

type Rolling = NonNullable<NonNullable<NonNullable<DaemonSet['spec']>['updateStrategy']>['rollingUpdate']>;

function validateRolling({ maxUnavailable, maxSurge }: Rolling, field: string): FieldError[] {
  const [hasUnavailable, hasSurge] = [!isZeroAmount(maxUnavailable), !isZeroAmount(maxSurge)];
  const errors = [
    ...validateIntOrPercent(maxUnavailable, `${field}.maxUnavailable`),
    ...validateIntOrPercent(maxSurge, `${field}.maxSurge`),
    ...atMost100Percent(maxUnavailable, `${field}.maxUnavailable`),
    ...atMost100Percent(maxSurge, `${field}.maxSurge`),
  ];
  if (hasUnavailable && hasSurge) {
    errors.push(invalidValue(`${field}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'));
  }
  if (!hasUnavailable && !hasSurge) {
    errors.push(required(`${field}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'));
  }
  return errors;
}

export const daemonSetKind: KindDefinition<DaemonSet> = {
  type: DAEMON_SETS,
  singular: 'daemonset',
  shortNames: ['ds'],
  categories: ['all'],
  schema: 'io.k8s.api.apps.v1.DaemonSet',
  durability: 'durable',
  hasStatus: true,
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: true,
  allowCreateOnUpdate: false,
  setDefaults: setDaemonSetDefaults,
  prepareForCreate(set) {
    set.status = { currentNumberScheduled: 0, desiredNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0 };
    startGeneration(set);
  },
  prepareForUpdate: bumpGeneration,
  validate: ({ spec }) => [
    ...validateSelectorAndTemplate(spec, 'DaemonSet'),
    ...nonNegative('spec.minReadySeconds', spec?.minReadySeconds),
    ...validateUpdateStrategy(spec?.updateStrategy),
    ...nonNegative('spec.revisionHistoryLimit', spec?.revisionHistoryLimit),
  ],
  validateUpdate: (set, old) => immutable('spec.selector', set.spec?.selector, old.spec?.selector),
  validateStatusUpdate: ({ status }, old) => [
    ...validateCounts(status, COUNTS),
    ...validateCollisionCount(status, old.status),
  ],
  selectableFields: {},
  columns: [
    nameColumn(),
    column(
      'Desired',
      'integer',
      fieldDoc(STATUS, 'desiredNumberScheduled'),
      ({ status }) => status?.desiredNumberScheduled ?? 0,
    ),
    column(
      'Current',
      'integer',
      fieldDoc(STATUS, 'currentNumberScheduled'),
      ({ status }) => status?.currentNumberScheduled ?? 0,
    ),
    column('Ready', 'integer', fieldDoc(STATUS, 'numberReady'), ({ status }) => status?.numberReady ?? 0),
    column(
      'Up-to-date',
      'integer',
      fieldDoc(STATUS, 'updatedNumberScheduled'),
      ({ status }) => status?.updatedNumberScheduled ?? 0,
    ),
    column('Available', 'integer', fieldDoc(STATUS, 'numberAvailable'), ({ status }) => status?.numberAvailable ?? 0),
    column('Node Selector', 'string', fieldDoc('io.k8s.api.core.v1.PodSpec', 'nodeSelector'), ({ spec }) =>
      printLabels(spec?.template?.spec?.nodeSelector),
    ),
    ageColumn(),
    ...templateColumns('io.k8s.api.apps.v1.DaemonSetSpec'),
  ],
};
