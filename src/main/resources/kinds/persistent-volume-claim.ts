import { PERSISTENT_VOLUME_CLAIMS, type PersistentVolumeClaim } from '../../../shared/api/kinds.ts';
import { ageColumn, column, fieldDoc, nameColumn, printAccessModes, wideColumn } from '../columns/columns.ts';
import { setClaimDefaults } from '../defaults/claim-defaults.ts';
import type { KindDefinition } from '../definition.ts';
import { validateClaimSpec } from '../validation/claim-spec.ts';
import { validateClaimStatus, validateClaimUpdate } from '../validation/persistent-volume.ts';

const SPEC = 'io.k8s.api.core.v1.PersistentVolumeClaimSpec';
const STATUS = 'io.k8s.api.core.v1.PersistentVolumeClaimStatus';

const isGiven = ({ spec }: PersistentVolumeClaim): boolean => Boolean(spec?.volumeName);

export const persistentVolumeClaimKind: KindDefinition<PersistentVolumeClaim> = {
  type: PERSISTENT_VOLUME_CLAIMS,
  singular: 'persistentvolumeclaim',
  shortNames: ['pvc'],
  categories: [],
  schema: 'io.k8s.api.core.v1.PersistentVolumeClaim',
  durability: 'durable',
  hasStatus: true,
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: true,
  allowCreateOnUpdate: false,
  setDefaults: setClaimDefaults,
  prepareForCreate(claim) {
    claim.status = { phase: 'Pending' };
  },
  validate: ({ spec }) => validateClaimSpec(spec, 'spec'),
  validateUpdate: validateClaimUpdate,
  validateStatusUpdate: validateClaimStatus,
  selectableFields: { name: (claim) => claim.metadata?.name ?? '' },
  columns: [
    nameColumn(),
    column('Status', 'string', fieldDoc(STATUS, 'phase'), ({ metadata, status }) =>
      metadata?.deletionTimestamp ? 'Terminating' : (status?.phase ?? ''),
    ),
    column('Volume', 'string', fieldDoc(SPEC, 'volumeName'), ({ spec }) => spec?.volumeName ?? ''),
    column('Capacity', 'string', fieldDoc(STATUS, 'capacity'), (claim) =>
      isGiven(claim) ? (claim.status?.capacity?.['storage'] ?? '0') : '',
    ),
    column('Access Modes', 'string', fieldDoc(STATUS, 'accessModes'), (claim) =>
      isGiven(claim) ? printAccessModes(claim.status?.accessModes) : '',
    ),
    column('StorageClass', 'string', 'StorageClass of the pvc', ({ spec }) => spec?.storageClassName ?? ''),
    column(
      'VolumeAttributesClass',
      'string',
      'VolumeAttributesClass of the pvc',
      ({ spec }) => spec?.volumeAttributesClassName ?? '<unset>',
    ),
    ageColumn(),
    wideColumn('VolumeMode', 'string', fieldDoc(SPEC, 'volumeMode'), ({ spec }) => spec?.volumeMode ?? '<unset>'),
  ],
};
