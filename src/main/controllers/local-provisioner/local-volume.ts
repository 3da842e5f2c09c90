import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '../../../shared/api/kinds.ts';
import { nameOf } from '../../../shared/api/meta.ts';
import { CAPACITY_ENFORCED_ANNOTATION, LOCAL_PROVISIONER } from '../../../shared/api/node-volumes.ts';
import {
  PROVISIONED_BY,
  SELECTED_NODE,
  STORAGE_PROVISIONER,
  waitsForConsumer,
} from '../../../shared/storage/binding.ts';

const HOSTNAME = 'kubernetes.io/hostname';

/** Whether we are the ones to make this claim's volume, now (external-provisioner's shouldProvision). */
export function isOurs(claim: PersistentVolumeClaim, storageClass: StorageClass | undefined): boolean {
  const { annotations, deletionTimestamp } = claim.metadata ?? {};
  if (claim.spec?.volumeName || deletionTimestamp || annotations?.[STORAGE_PROVISIONER] !== LOCAL_PROVISIONER)
    return false;
  if (storageClass?.provisioner !== LOCAL_PROVISIONER) return false;
  return !waitsForConsumer(storageClass) || annotations[SELECTED_NODE] !== undefined;
}

/** Why a claim cannot be served at all, in local-path-provisioner's words; undefined when it can. */
export function refusal({ metadata, spec }: PersistentVolumeClaim): string | undefined {
  if (spec?.selector) return 'claim.Spec.Selector is not supported';
  if (spec?.volumeMode === 'Block') return `${LOCAL_PROVISIONER} does not support block volume provisioning`;
  if (spec?.accessModes?.some((mode) => mode !== 'ReadWriteOnce' && mode !== 'ReadWriteOncePod'))
    return 'NodePath only supports ReadWriteOnce and ReadWriteOncePod (1.22+) access modes';
  if (metadata?.annotations?.[SELECTED_NODE] === undefined) return 'configuration error, no node was specified';
  return undefined;
}

/** `pvc-UID`: the same claim is never given two volumes. */
export const volumeNameFor = (claim: PersistentVolumeClaim): string => `pvc-${claim.metadata?.uid ?? ''}`;

/** What the directory is called: whose it is can be told on the machine. At most 255 bytes, as file systems have it. */
export const directoryFor = (claim: PersistentVolumeClaim): string =>
  `${volumeNameFor(claim)}_${claim.metadata?.namespace ?? ''}_${nameOf(claim)}`.slice(0, 255).replace(/[._-]+$/, '');

/** The volume that stands for a directory of a node, reserved for its claim. */
export function localVolume(
  claim: PersistentVolumeClaim,
  storageClass: StorageClass,
  { hostname, path }: { hostname: string; path: string },
): PersistentVolume {
  const { namespace = '', uid = '' } = claim.metadata ?? {};
  const { reclaimPolicy, mountOptions } = storageClass;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: {
      name: volumeNameFor(claim),
      annotations: { [PROVISIONED_BY]: LOCAL_PROVISIONER, [CAPACITY_ENFORCED_ANNOTATION]: 'false' },
    },
    spec: {
      capacity: { storage: claim.spec?.resources?.requests?.['storage'] ?? '0' },
      accessModes: [...(claim.spec?.accessModes ?? [])],
      persistentVolumeReclaimPolicy: reclaimPolicy ?? 'Delete',
      storageClassName: nameOf(storageClass),
      volumeMode: 'Filesystem',
      ...(mountOptions ? { mountOptions: [...mountOptions] } : {}),
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name: nameOf(claim), uid },
      local: { path },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: HOSTNAME, operator: 'In', values: [hostname] }] }],
        },
      },
    },
  };
}

/** The value of the host name label of the node a volume is on. */
export const hostnameOf = ({ spec }: PersistentVolume): string | undefined =>
  spec?.nodeAffinity?.required?.nodeSelectorTerms
    .flatMap(({ matchExpressions }) => matchExpressions ?? [])
    .find(({ key }) => key === HOSTNAME)?.values?.[0];

/** Whether a volume is ours to remove (external-provisioner's shouldDelete). */
export function isToGo({ metadata, spec, status }: PersistentVolume): boolean {
  return (
    metadata?.annotations?.[PROVISIONED_BY] === LOCAL_PROVISIONER &&
    spec?.persistentVolumeReclaimPolicy === 'Delete' &&
    status?.phase === 'Released'
  );
}
