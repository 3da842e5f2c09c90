import { CONFIG_MAPS, type ConfigMap } from '../../../shared/api/kinds.ts';
import { ageColumn, column, fieldDoc, nameColumn } from '../columns/columns.ts';
import type { KindDefinition } from '../definition.ts';
import { dataBytes, MAX_DATA_BYTES, validateImmutableData, validateKeys } from '../validation/data-keys.ts';
import type { FieldError } from '../validation/field-error.ts';
import { invalidValue, tooLong } from '../validation/fields.ts';

const SCHEMA = 'io.k8s.api.core.v1.ConfigMap';

function validateConfigMap({ data = {}, binaryData = {} }: ConfigMap): FieldError[] {
  const twice = Object.keys(binaryData)
    .filter((key) => Object.hasOwn(data, key))
    .map((key) => invalidValue('data', key, 'duplicate of key present in binaryData'));
  const bytes = dataBytes(data, 'text') + dataBytes(binaryData, 'base64');
  return [
    ...validateKeys('data', data),
    ...validateKeys('binaryData', binaryData),
    ...twice,
    // The limit is on the whole object, which has no name of its own: upstream prints an empty path so.
    ...(bytes > MAX_DATA_BYTES ? [tooLong('[]', MAX_DATA_BYTES)] : []),
  ];
}

export const configMapKind: KindDefinition<ConfigMap> = {
  type: CONFIG_MAPS,
  singular: 'configmap',
  shortNames: ['cm'],
  categories: [],
  schema: SCHEMA,
  durability: 'durable',
  hasStatus: false,
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: true,
  allowCreateOnUpdate: false,
  setDefaults() {
    // ConfigMaps have no defaults.
  },
  validate: validateConfigMap,
  validateUpdate: (configMap, old) => validateImmutableData(configMap, old, ['data', 'binaryData']),
  selectableFields: {},
  columns: [
    nameColumn(),
    column(
      'Data',
      'integer',
      fieldDoc(SCHEMA, 'data'),
      ({ data = {}, binaryData = {} }) => Object.keys(data).length + Object.keys(binaryData).length,
    ),
    ageColumn(),
  ],
};
