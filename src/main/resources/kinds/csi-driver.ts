import { CSI_DRIVERS, type CSIDriver } from '../../../shared/api/kinds.ts';
import { ageColumn, column, fieldDoc, nameColumn } from '../columns/columns.ts';
import { equalJson } from '../decode/json-value.ts';
import type { KindDefinition } from '../definition.ts';
import { bumpGenerationIf } from '../strategy.ts';
import type { FieldError } from '../validation/field-error.ts';
import { duplicate, immutable, invalidValue, notSupported, oneOf } from '../validation/fields.ts';

const SPEC = 'io.k8s.api.storage.v1.CSIDriverSpec';
const MODES = ['Persistent', 'Ephemeral'];
const GROUP_POLICIES = ['File', 'None', 'ReadWriteOnceWithFSType'];
const SHORTEST_TOKEN_SECONDS = 600;
const LONGEST_TOKEN_SECONDS = 2 ** 32;
const SHORTEST_UPDATE_SECONDS = 10;
/** Fields that may change after creation, and are news then. */
const MUTABLE = [
  ...(['podInfoOnMount', 'storageCapacity', 'fsGroupPolicy', 'tokenRequests', 'requiresRepublish'] as const),
  ...(['seLinuxMount', 'nodeAllocatableUpdatePeriodSeconds'] as const),
];

type Spec = NonNullable<CSIDriver['spec']>;

/** storage/validation ValidateCSIDriver. */
function validateDriver({ spec }: CSIDriver): FieldError[] {
  const { fsGroupPolicy, tokenRequests = [], volumeLifecycleModes = [] }: Partial<Spec> = spec ?? {};
  const period = spec?.nodeAllocatableUpdatePeriodSeconds;
  return [
    ...oneOf('spec.fsGroupPolicy', fsGroupPolicy, GROUP_POLICIES),
    ...validateTokenRequests(tokenRequests),
    ...volumeLifecycleModes
      .filter((mode) => !MODES.includes(mode))
      .map((mode) => notSupported('spec.volumeLifecycleModes', mode, MODES)),
    ...(period !== undefined && period < SHORTEST_UPDATE_SECONDS
      ? [
          invalidValue(
            'spec.nodeAllocatableUpdatePeriodSeconds',
            period,
            `must be greater than or equal to ${SHORTEST_UPDATE_SECONDS} seconds`,
          ),
        ]
      : []),
  ];
}

function validateTokenRequests(requests: NonNullable<Spec['tokenRequests']>): FieldError[] {
  const audiences = new Set<string>();
  return requests.flatMap(({ audience = '', expirationSeconds: seconds }, index) => {
    const field = `spec.tokenRequests[${index}]`;
    if (audiences.has(audience)) return [duplicate(`${field}.audience`, audience)];
    audiences.add(audience);
    if (seconds === undefined) return [];
    if (seconds < SHORTEST_TOKEN_SECONDS)
      return [invalidValue(`${field}.expirationSeconds`, seconds, 'may not specify a duration less than 10 minutes')];
    return seconds > LONGEST_TOKEN_SECONDS
      ? [invalidValue(`${field}.expirationSeconds`, seconds, 'may not specify a duration larger than 2^32 seconds')]
      : [];
  });
}

/** The audiences of the tokens, as upstream joins them; `<unset>` for none, and for an empty audience. */
const printTokenRequests = (requests: NonNullable<Spec['tokenRequests']>): string =>
  requests.length === 0 ? '<unset>' : requests.map(({ audience }) => audience || '<unset>').join(',');

export const csiDriverKind: KindDefinition<CSIDriver> = {
  type: CSI_DRIVERS,
  singular: 'csidriver',
  shortNames: [],
  categories: [],
  schema: 'io.k8s.api.storage.v1.CSIDriver',
  durability: 'durable',
  hasStatus: false,
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: false,
  allowCreateOnUpdate: false,
  setDefaults(driver) {
    const spec = (driver.spec ??= {} as Spec);
    spec.attachRequired ??= true;
    spec.podInfoOnMount ??= false;
    spec.storageCapacity ??= false;
    spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType';
    if ((spec.volumeLifecycleModes ?? []).length === 0) spec.volumeLifecycleModes = ['Persistent'];
    spec.requiresRepublish ??= false;
    spec.seLinuxMount ??= false;
  },
  prepareForUpdate(driver, old) {
    const changed = MUTABLE.some((field) => !equalJson(driver.spec?.[field], old.spec?.[field]));
    if (changed || old.metadata?.generation !== undefined) bumpGenerationIf(changed, driver, old);
  },
  validate: validateDriver,
  validateUpdate: ({ spec }, old) => [
    // The misspelling is upstream's.
    ...immutable('spec.attachedRequired', spec?.attachRequired, old.spec?.attachRequired),
    ...immutable('spec.volumeLifecycleModes', spec?.volumeLifecycleModes, old.spec?.volumeLifecycleModes),
  ],
  selectableFields: {},
  columns: [
    nameColumn(),
    column('AttachRequired', 'boolean', fieldDoc(SPEC, 'attachRequired'), ({ spec }) => spec?.attachRequired ?? true),
    column('PodInfoOnMount', 'boolean', fieldDoc(SPEC, 'podInfoOnMount'), ({ spec }) => spec?.podInfoOnMount ?? false),
    column(
      'StorageCapacity',
      'boolean',
      fieldDoc(SPEC, 'storageCapacity'),
      ({ spec }) => spec?.storageCapacity ?? false,
    ),
    column('TokenRequests', 'string', fieldDoc(SPEC, 'tokenRequests'), ({ spec }) =>
      printTokenRequests(spec?.tokenRequests ?? []),
    ),
    column(
      'RequiresRepublish',
      'boolean',
      fieldDoc(SPEC, 'requiresRepublish'),
      ({ spec }) => spec?.requiresRepublish ?? false,
    ),
    column(
      'Modes',
      'string',
      fieldDoc(SPEC, 'volumeLifecycleModes'),
      ({ spec }) => (spec?.volumeLifecycleModes ?? []).join(',') || '<none>',
    ),
    ageColumn(),
  ],
};
