import type { PersistentVolume } from '../../../shared/api/kinds.ts';
import type { FieldError } from './field-error.ts';
import { forbiddenField, required } from './fields.ts';
import { validateDriverName } from './persistent-volume-source.ts';
import { validateAccessModes } from './persistent-volume.ts';

type VolumeSpec = NonNullable<PersistentVolume['spec']>;

const INLINE = 'in the context of inline volumes';

/** The volume that a VolumeAttachment itself describes: a CSI volume (ValidatePersistentVolumeSpec, inline). */
export function validateInlineVolume(spec: Partial<VolumeSpec>, field: string): FieldError[] {
  const { csi, persistentVolumeReclaimPolicy, volumeMode } = spec;
  const absent = (['claimRef', 'capacity', 'nodeAffinity', 'storageClassName'] as const).filter(
    (name) => spec[name] !== undefined && spec[name] !== '',
  );
  return [
    ...absent.map((name) => forbiddenField(`${field}.${name}`, `may not be specified ${INLINE}`)),
    ...(csi
      ? [
          ...validateDriverName(csi.driver, `${field}.csi.driver`),
          ...(csi.volumeHandle ? [] : [required(`${field}.csi.volumeHandle`)]),
        ]
      : [required(`${field}.csi`, `has to be specified ${INLINE}`)]),
    ...validateAccessModes(spec.accessModes ?? [], `${field}.accessModes`),
    ...(persistentVolumeReclaimPolicy && persistentVolumeReclaimPolicy !== 'Retain'
      ? [forbiddenField(`${field}.persistentVolumeReclaimPolicy`, `may only be Retain ${INLINE}`)]
      : []),
    ...(volumeMode && volumeMode !== 'Filesystem'
      ? [forbiddenField(`${field}.volumeMode`, `may not specify volumeMode other than Filesystem ${INLINE}`)]
      : []),
  ];
}
