import { CSI_NODES, type CSINode } from '../../../shared/api/kinds.ts';
import { ageColumn, column, nameColumn } from '../columns/columns.ts';
import { equalJson } from '../decode/json-value.ts';
import type { KindDefinition } from '../definition.ts';
import type { FieldError } from '../validation/field-error.ts';
import { complaintsAbout, duplicate, duplicatesIn, invalidValue, nonNegative, required } from '../validation/fields.ts';
import { qualifiedName } from '../validation/names.ts';
import { validateDriverName } from '../validation/persistent-volume-source.ts';

const LONGEST_NODE_ID = 192 + 64;

type Driver = NonNullable<CSINode['spec']>['drivers'][number];
const driversOf = ({ spec }: CSINode): Partial<Driver>[] =>
  (spec as { drivers?: Partial<Driver>[] } | undefined)?.drivers ?? [];

/** storage/validation ValidateCSINode. */
function validateNode(node: CSINode): FieldError[] {
  const drivers = driversOf(node);
  return [
    ...drivers.flatMap((driver, index) => validateDriver(driver, `spec.drivers[${index}]`)),
    ...duplicatesIn(
      drivers,
      ({ name }) => name,
      (index) => `spec.drivers[${index}].name`,
    ),
  ];
}

function validateDriver(driver: Partial<Driver>, field: string): FieldError[] {
  const { name = '', nodeID = '', topologyKeys = [], allocatable } = driver;
  const seen = new Set<string>();
  return [
    ...validateDriverName(name, `${field}.name`),
    ...(nodeID === '' ? [required(`${field}.nodeID`)] : []),
    ...(nodeID.length > LONGEST_NODE_ID
      ? [invalidValue(`${field}.nodeID`, nodeID, `must be ${LONGEST_NODE_ID} characters or less`)]
      : []),
    ...nonNegative(`${field}.allocatable.count`, allocatable?.count),
    ...topologyKeys.flatMap((key) => {
      const again = seen.has(key);
      seen.add(key);
      return [
        ...(key === '' ? [required(field)] : []),
        ...(again ? [duplicate(field, key)] : []),
        ...complaintsAbout(field, key, qualifiedName(key)),
      ];
    }),
  ];
}

/** A driver that is there says the same for as long as it is, but how many volumes it can attach. */
function validateNodeUpdate(node: CSINode, old: CSINode): FieldError[] {
  const fixed = ({ allocatable: _mayChange, ...driver }: Partial<Driver>): Partial<Driver> => driver;
  return driversOf(old).flatMap((before) => {
    const after = driversOf(node).find(({ name }) => name === before.name);
    return after && !equalJson(fixed(after), fixed(before))
      ? [invalidValue('spec.drivers', after, 'field is immutable')]
      : [];
  });
}

export const csiNodeKind: KindDefinition<CSINode> = {
  type: CSI_NODES,
  singular: 'csinode',
  shortNames: [],
  categories: [],
  schema: 'io.k8s.api.storage.v1.CSINode',
  durability: 'durable',
  hasStatus: false,
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: false,
  allowCreateOnUpdate: false,
  setDefaults() {
    // CSINodes have no defaults.
  },
  validate: validateNode,
  validateUpdate: validateNodeUpdate,
  selectableFields: {},
  columns: [
    nameColumn(),
    column(
      'Drivers',
      'integer',
      'Drivers indicates the number of CSI drivers registered on the node',
      (node) => driversOf(node).length,
    ),
    ageColumn(),
  ],
};
