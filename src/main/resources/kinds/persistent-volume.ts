import { PERSISTENT_VOLUMES, type PersistentVolume } from '../../../shared/api/kinds.ts';
import { ageColumn, column, fieldDoc, nameColumn, printAccessModes, wideColumn } from '../columns/columns.ts';
import type { KindDefinition } from '../definition.ts';
import { validatePersistentVolume, validatePersistentVolumeUpdate } from '../validation/persistent-volume.ts';

const SPEC = 'io.k8s.api.core.v1.PersistentVolumeSpec';
const STATUS = 'io.k8s.api.core.v1.PersistentVolumeStatus';

function setVolumeDefaults({ spec }: PersistentVolume): void {
  if (!spec) return;
  spec.persistentVolumeReclaimPolicy ||= 'Retain';
  spec.volumeMode ??= 'Filesystem';
  if (spec.hostPath) spec.hostPath.type ??= '';
  if (spec.iscsi) spec.iscsi.iscsiInterface ||= 'default';
  if (spec.rbd) {
    spec.rbd.pool ||= 'rbd';
    spec.rbd.user ||= 'admin';
    spec.rbd.keyring ||= '/etc/ceph/keyring';
  }
}

const claimOf = ({ spec }: PersistentVolume): string =>
  spec?.claimRef ? `${spec.claimRef.namespace ?? ''}/${spec.claimRef.name ?? ''}` : '';

const seconds = (now: Date): string => now.toISOString().replace(/\.\d+/, '');

export const persistentVolumeKind: KindDefinition<PersistentVolume> = {
  type: PERSISTENT_VOLUMES,
  singular: 'persistentvolume',
  shortNames: ['pv'],
  categories: [],
  schema: 'io.k8s.api.core.v1.PersistentVolume',
  durability: 'durable',
  hasStatus: true,
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: true,
  allowCreateOnUpdate: false,
  setDefaults: setVolumeDefaults,
  prepareForCreate(volume, { now }) {
    volume.status = { phase: 'Pending', lastPhaseTransitionTime: seconds(now) };
  },
  prepareForStatusUpdate(volume, old, { now }) {
    // Who changes the phase need not say when.
    const { status } = volume;
    if (!status || status.phase === old.status?.phase) return;
    const before = old.status?.lastPhaseTransitionTime;
    if (!status.lastPhaseTransitionTime || status.lastPhaseTransitionTime === before) {
      status.lastPhaseTransitionTime = seconds(now);
    }
  },
  validate: validatePersistentVolume,
  validateUpdate: validatePersistentVolumeUpdate,
  selectableFields: { name: (volume) => volume.metadata?.name ?? '' },
  columns: [
    nameColumn(),
    column('Capacity', 'string', fieldDoc(SPEC, 'capacity'), ({ spec }) => spec?.capacity?.['storage'] ?? '0'),
    column('Access Modes', 'string', fieldDoc(SPEC, 'accessModes'), ({ spec }) => printAccessModes(spec?.accessModes)),
    column(
      'Reclaim Policy',
      'string',
      fieldDoc(SPEC, 'persistentVolumeReclaimPolicy'),
      ({ spec }) => spec?.persistentVolumeReclaimPolicy ?? '',
    ),
    column('Status', 'string', fieldDoc(STATUS, 'phase'), ({ metadata, status }) =>
      metadata?.deletionTimestamp ? 'Terminating' : (status?.phase ?? ''),
    ),
    column('Claim', 'string', fieldDoc(SPEC, 'claimRef'), claimOf),
    column('StorageClass', 'string', 'StorageClass of the pv', ({ spec }) => spec?.storageClassName ?? ''),
    column(
      'VolumeAttributesClass',
      'string',
      'VolumeAttributesClass of the pv',
      ({ spec }) => spec?.volumeAttributesClassName ?? '<unset>',
    ),
    column('Reason', 'string', fieldDoc(STATUS, 'reason'), ({ status }) => status?.reason ?? ''),
    ageColumn(),
    wideColumn('VolumeMode', 'string', fieldDoc(SPEC, 'volumeMode'), ({ spec }) => spec?.volumeMode ?? '<unset>'),
  ],
};
