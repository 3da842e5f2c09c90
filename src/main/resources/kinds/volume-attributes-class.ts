import { VOLUME_ATTRIBUTES_CLASSES, type VolumeAttributesClass } from '../../../shared/api/kinds.ts';
import { ageColumn, column, defaultClassNameColumn, fieldDoc } from '../columns/columns.ts';
import { equalJson } from '../decode/json-value.ts';
import type { KindDefinition } from '../definition.ts';
import type { FieldError } from '../validation/field-error.ts';
import { forbiddenField, required } from '../validation/fields.ts';
import { validateClassParameters, validateProvisioner } from '../validation/storage-class.ts';

const SCHEMA = 'io.k8s.api.storage.v1.VolumeAttributesClass';
const DEFAULT_ANNOTATION = 'storage.alpha.kubernetes.io/is-default-class';

/** storage/validation ValidateVolumeAttributesClass; the `spec` in the paths is upstream's. */
function validateClass({ driverName = '', parameters = {} }: Partial<VolumeAttributesClass>): FieldError[] {
  return [
    ...validateProvisioner(driverName, 'spec.driverName'),
    ...validateClassParameters(parameters, 'spec.parameters'),
    ...(Object.keys(parameters).length === 0
      ? [required('spec.parameters', 'must contain at least one key/value pair')]
      : []),
  ];
}

export const volumeAttributesClassKind: KindDefinition<VolumeAttributesClass> = {
  type: VOLUME_ATTRIBUTES_CLASSES,
  singular: 'volumeattributesclass',
  shortNames: ['vac'],
  categories: [],
  schema: SCHEMA,
  durability: 'durable',
  hasStatus: false,
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: true,
  allowCreateOnUpdate: false,
  setDefaults() {
    // VolumeAttributesClasses have no defaults.
  },
  validate: validateClass,
  validateUpdate: (item, old) =>
    (['driverName', 'parameters'] as const)
      .filter((field) => !equalJson(item[field], old[field]))
      .map((field) => forbiddenField(field, `updates to ${field} are forbidden.`)),
  selectableFields: {},
  columns: [
    defaultClassNameColumn(DEFAULT_ANNOTATION),
    column('DriverName', 'string', fieldDoc(SCHEMA, 'driverName'), ({ driverName = '' }) => driverName),
    ageColumn(),
  ],
};
