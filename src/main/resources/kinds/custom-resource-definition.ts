import type { CustomResourceDefinition } from '../../../shared/api/custom-resource-definition.ts';
import { CUSTOM_RESOURCE_DEFINITIONS } from '../../../shared/api/kinds.ts';
import { plainColumns } from '../columns/columns.ts';
import { setCrdDefaults } from '../custom/crd-defaults.ts';
import { crdErrors, nameErrors } from '../custom/crd-rules.ts';
import type { KindDefinition } from '../definition.ts';
import { bumpGeneration, startGeneration } from '../strategy.ts';
import type { FieldError } from '../validation/field-error.ts';
import { immutable, invalidValue } from '../validation/fields.ts';

/** Keeps a definition until all its objects are gone. */
export const CUSTOM_RESOURCE_CLEANUP = 'customresourcecleanup.apiextensions.k8s.io';

const isEstablished = ({ status }: CustomResourceDefinition): boolean =>
  (status?.conditions ?? []).some(({ type, status: value }) => type === 'Established' && value === 'True');

/** The version objects are stored in from now on is among those they may be stored in. */
function noteStorageVersion(crd: CustomResourceDefinition): void {
  const storage = crd.spec.versions.find((version) => version.storage)?.name;
  const stored = crd.status?.storedVersions ?? [];
  if (storage === undefined || stored.includes(storage)) return;
  crd.status = { ...crd.status, storedVersions: [...stored, storage] };
}

function updateErrors(crd: CustomResourceDefinition, old: CustomResourceDefinition): FieldError[] {
  const { spec, status } = crd;
  return [
    ...(isEstablished(old)
      ? [
          ...immutable('spec.scope', spec.scope, old.spec.scope),
          ...immutable('spec.names.kind', spec.names.kind, old.spec.names.kind),
        ]
      : []),
    ...immutable('spec.group', spec.group, old.spec.group),
    ...immutable('spec.names.plural', spec.names.plural, old.spec.names.plural),
    ...storedVersionErrors(status?.storedVersions ?? [], spec),
  ];
}

/** A version that objects may still be stored in is not taken away. */
const storedVersionErrors = (
  stored: readonly string[],
  { versions }: Pick<CustomResourceDefinition['spec'], 'versions'>,
): FieldError[] =>
  stored.flatMap((name, index) =>
    versions.some((version) => version.name === name)
      ? []
      : [
          invalidValue(
            `status.storedVersions[${index}]`,
            name,
            `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
          ),
        ],
  );

export const customResourceDefinitionKind: KindDefinition<CustomResourceDefinition> = {
  type: CUSTOM_RESOURCE_DEFINITIONS,
  singular: 'customresourcedefinition',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  schema: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition',
  durability: 'durable',
  hasStatus: true,
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: false,
  allowCreateOnUpdate: false,
  finalizersOnDelete: [CUSTOM_RESOURCE_CLEANUP],
  setDefaults: setCrdDefaults,
  prepareForCreate(crd) {
    delete crd.status;
    startGeneration(crd);
    noteStorageVersion(crd);
  },
  prepareForUpdate(crd, old) {
    bumpGeneration(crd, old);
    noteStorageVersion(crd);
  },
  validate: crdErrors,
  validateUpdate: updateErrors,
  validateStatusUpdate: ({ spec, status }) => [
    ...(status?.acceptedNames ? nameErrors(status.acceptedNames, 'status.acceptedNames') : []),
    ...storedVersionErrors(status?.storedVersions ?? [], spec),
  ],
  selectableFields: {},
  columns: plainColumns(),
};
