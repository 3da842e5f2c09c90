import { STORAGE_CLASSES, type StorageClass } from '../../../shared/api/kinds.ts';
import { ageColumn, column, defaultClassNameColumn, fieldDoc } from '../columns/columns.ts';
import type { KindDefinition } from '../definition.ts';
import type { FieldError } from '../validation/field-error.ts';
import { complaintsAbout, duplicate, forbiddenField, oneOf, required } from '../validation/fields.ts';
import { labelValue, qualifiedName } from '../validation/names.ts';
import { validateClassParameters, validateProvisioner } from '../validation/storage-class.ts';
import { equalJson } from '../decode/json-value.ts';

const SCHEMA = 'io.k8s.api.storage.v1.StorageClass';
const DEFAULT_ANNOTATION = 'storageclass.kubernetes.io/is-default-class';

/** storage/validation ValidateStorageClass. */
function validateClass(item: StorageClass): FieldError[] {
  const provisioner = item.provisioner ?? '';
  const binding = item.volumeBindingMode;
  return [
    ...validateProvisioner(provisioner, 'provisioner'),
    ...validateClassParameters(item.parameters ?? {}, 'parameters'),
    ...oneOf('reclaimPolicy', item.reclaimPolicy, ['Delete', 'Retain']),
    ...(binding === undefined
      ? [required('volumeBindingMode')]
      : oneOf('volumeBindingMode', binding, ['Immediate', 'WaitForFirstConsumer'])),
    ...validateTopologies(item.allowedTopologies ?? []),
  ];
}

function validateTopologies(terms: NonNullable<StorageClass['allowedTopologies']>): FieldError[] {
  const errors: FieldError[] = [];
  terms.forEach(({ matchLabelExpressions = [] }, index) => {
    const seen = new Set<string>();
    matchLabelExpressions.forEach(({ key = '', values = [] }, at) => {
      const field = `allowedTopologies[${index}].matchLabelExpressions[${at}]`;
      errors.push(...complaintsAbout(`${field}.key`, key, qualifiedName(key)));
      if (seen.has(key)) errors.push(duplicate(`${field}.key`, key));
      seen.add(key);
      if (values.length === 0) errors.push(required(`${field}.values`));
      values.forEach((value, position) => {
        errors.push(...complaintsAbout(`${field}.values[${position}]`, value, labelValue(value)));
      });
    });
  });
  return errors;
}

/** How volumes are made cannot change: volumes made before would be unlike those made after. */
function validateClassUpdate(item: StorageClass, old: StorageClass): FieldError[] {
  const fixed = ['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode'] as const;
  return fixed
    .filter((field) => !equalJson(item[field], old[field]))
    .map((field) =>
      forbiddenField(
        field,
        field === 'volumeBindingMode' ? 'field is immutable.' : `updates to ${field} are forbidden.`,
      ),
    );
}

export const storageClassKind: KindDefinition<StorageClass> = {
  type: STORAGE_CLASSES,
  singular: 'storageclass',
  shortNames: ['sc'],
  categories: [],
  schema: SCHEMA,
  durability: 'durable',
  hasStatus: false,
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: true,
  allowCreateOnUpdate: false,
  setDefaults(item) {
    item.reclaimPolicy ??= 'Delete';
    item.volumeBindingMode ??= 'Immediate';
  },
  validate: validateClass,
  validateUpdate: validateClassUpdate,
  selectableFields: {},
  columns: [
    defaultClassNameColumn(DEFAULT_ANNOTATION),
    column('Provisioner', 'string', fieldDoc(SCHEMA, 'provisioner'), ({ provisioner }) => provisioner ?? ''),
    column(
      'ReclaimPolicy',
      'string',
      fieldDoc(SCHEMA, 'reclaimPolicy'),
      ({ reclaimPolicy }) => reclaimPolicy ?? 'Delete',
    ),
    column(
      'VolumeBindingMode',
      'string',
      fieldDoc(SCHEMA, 'volumeBindingMode'),
      ({ volumeBindingMode }) => volumeBindingMode ?? 'Immediate',
    ),
    column(
      'AllowVolumeExpansion',
      'string',
      fieldDoc(SCHEMA, 'allowVolumeExpansion'),
      ({ allowVolumeExpansion }) => allowVolumeExpansion ?? false,
    ),
    ageColumn(),
  ],
};
