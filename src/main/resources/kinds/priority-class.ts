import { PRIORITY_CLASSES, type PriorityClass } from '../../../shared/api/kinds.ts';
import { ageColumn, column, fieldDoc, nameColumn } from '../columns/columns.ts';
import type { KindDefinition } from '../definition.ts';
import { startGeneration } from '../strategy.ts';
import type { FieldError } from '../validation/field-error.ts';
import { forbiddenField, immutable, oneOf } from '../validation/fields.ts';

const SCHEMA = 'io.k8s.api.scheduling.v1.PriorityClass';
/** Above this are the classes of the cluster itself. */
const HIGHEST_USER_PRIORITY = 1_000_000_000;
const SYSTEM_CLASSES: Readonly<Record<string, number>> = {
  'system-node-critical': 2_000_001_000,
  'system-cluster-critical': 2_000_000_000,
};

/** scheduling/validation ValidatePriorityClass. */
function validateClass({ metadata, value = 0, globalDefault, preemptionPolicy }: PriorityClass): FieldError[] {
  const name = metadata?.name ?? '';
  const policies = oneOf('preemptionPolicy', preemptionPolicy, ['Never', 'PreemptLowerPriority']);
  if (!name.startsWith('system-')) {
    return value > HIGHEST_USER_PRIORITY
      ? [
          forbiddenField('value', `maximum allowed value of a user defined priority is ${HIGHEST_USER_PRIORITY}`),
          ...policies,
        ]
      : policies;
  }
  const known = SYSTEM_CLASSES[name];
  const prefix = "priority class names with 'system-' prefix are reserved for system use only. error: ";
  const problem =
    known === undefined
      ? `${name} is not a known system priority class`
      : known !== value
        ? `value of ${name} PriorityClass must be ${known}`
        : globalDefault
          ? `globalDefault of ${name} PriorityClass must be false`
          : undefined;
  return [...(problem === undefined ? [] : [forbiddenField('metadata.name', prefix + problem)]), ...policies];
}

export const priorityClassKind: KindDefinition<PriorityClass> = {
  type: PRIORITY_CLASSES,
  singular: 'priorityclass',
  shortNames: ['pc'],
  categories: [],
  schema: SCHEMA,
  durability: 'durable',
  hasStatus: false,
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: true,
  allowCreateOnUpdate: false,
  setDefaults(item) {
    item.value ??= 0;
    item.preemptionPolicy ??= 'PreemptLowerPriority';
  },
  prepareForCreate: startGeneration,
  validate: validateClass,
  validateUpdate: (item, old) => [
    ...(item.value === old.value ? [] : [forbiddenField('value', 'may not be changed in an update.')]),
    ...immutable('preemptionPolicy', item.preemptionPolicy, old.preemptionPolicy),
  ],
  selectableFields: {},
  columns: [
    nameColumn(),
    column('Value', 'integer', fieldDoc(SCHEMA, 'value'), ({ value }) => value ?? 0),
    column(
      'Global-Default',
      'boolean',
      fieldDoc(SCHEMA, 'globalDefault'),
      ({ globalDefault }) => globalDefault ?? false,
    ),
    ageColumn(),
    column(
      'PreemptionPolicy',
      'string',
      fieldDoc(SCHEMA, 'preemptionPolicy'),
      ({ preemptionPolicy }) => preemptionPolicy ?? '',
    ),
  ],
};
