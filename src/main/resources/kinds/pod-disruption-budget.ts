import { POD_DISRUPTION_BUDGETS, type PodDisruptionBudget } from '../../../shared/api/kinds.ts';
import { ageColumn, column, nameColumn } from '../columns/columns.ts';
import type { KindDefinition } from '../definition.ts';
import { bumpGeneration, startGeneration } from '../strategy.ts';
import type { FieldError } from '../validation/field-error.ts';
import { invalidValue, oneOf } from '../validation/fields.ts';
import { validateLabelSelector } from '../validation/label-selector.ts';
import { atMost100Percent, validateCounts, validateIntOrPercent } from '../validation/workload-parts.ts';

/** policy/validation ValidatePodDisruptionBudgetSpec. */
function validateBudget({ spec }: PodDisruptionBudget): FieldError[] {
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy } = spec ?? {};
  return [
    ...(minAvailable !== undefined && maxUnavailable !== undefined
      ? [invalidValue('spec', spec, 'minAvailable and maxUnavailable cannot be both set')]
      : []),
    ...validateIntOrPercent(minAvailable, 'spec.minAvailable'),
    ...atMost100Percent(minAvailable, 'spec.minAvailable'),
    ...validateIntOrPercent(maxUnavailable, 'spec.maxUnavailable'),
    ...atMost100Percent(maxUnavailable, 'spec.maxUnavailable'),
    ...(selector ? validateLabelSelector(selector, 'spec.selector') : []),
    ...oneOf('spec.unhealthyPodEvictionPolicy', unhealthyPodEvictionPolicy, ['AlwaysAllow', 'IfHealthyBudget']),
  ];
}

export const podDisruptionBudgetKind: KindDefinition<PodDisruptionBudget> = {
  type: POD_DISRUPTION_BUDGETS,
  singular: 'poddisruptionbudget',
  shortNames: ['pdb'],
  categories: [],
  schema: 'io.k8s.api.policy.v1.PodDisruptionBudget',
  durability: 'durable',
  hasStatus: true,
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: false,
  allowCreateOnUpdate: false,
  setDefaults() {
    // policy/v1 PodDisruptionBudgets have no defaults.
  },
  prepareForCreate(budget) {
    budget.status = { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 };
    startGeneration(budget);
  },
  prepareForUpdate: bumpGeneration,
  validate: validateBudget,
  validateStatusUpdate: ({ status }) =>
    validateCounts(status, ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods']),
  selectableFields: {},
  columns: [
    nameColumn(),
    column('Min Available', 'string', 'The minimum number of pods that must be available.', ({ spec }) =>
      String(spec?.minAvailable ?? 'N/A'),
    ),
    column('Max Unavailable', 'string', 'The maximum number of pods that may be unavailable.', ({ spec }) =>
      String(spec?.maxUnavailable ?? 'N/A'),
    ),
    column(
      'Allowed Disruptions',
      'integer',
      'Calculated number of pods that may be disrupted at this time.',
      ({ status }) => status?.disruptionsAllowed ?? 0,
    ),
    ageColumn(),
  ],
};
