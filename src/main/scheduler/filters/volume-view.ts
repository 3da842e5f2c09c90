import {
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  STORAGE_CLASSES,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  type StorageClass,
} from '../../../shared/api/kinds.ts';
import type { SharedInformers } from '../../../shared/client/shared-informers.ts';
import { BIND_COMPLETED, classNameOf, waitsForConsumer } from '../../../shared/storage/binding.ts';

/** Claims, volumes and classes as the scheduler sees them. */
export interface VolumeView {
  /** By `namespace/name`. */
  claim(key: string): PersistentVolumeClaim | undefined;
  volume(name: string): PersistentVolume | undefined;
  volumesOfClass(className: string): readonly PersistentVolume[];
  storageClass(name: string): StorageClass | undefined;
  /** Names of volumes that were promised to claims, which the API does not show yet. */
  readonly taken: ReadonlySet<string>;
}

const CLASS_INDEX = 'class';

/** The view by shared informers; `onChange` hears of everything that may help a pod with volumes. */
export function volumeViewOf(
  informers: SharedInformers,
  taken: ReadonlySet<string>,
): VolumeView & { onChange(handler: () => void): () => void } {
  const claims = informers.of(PERSISTENT_VOLUME_CLAIMS);
  const volumes = informers.of(PERSISTENT_VOLUMES);
  const classes = informers.of(STORAGE_CLASSES);
  volumes.addIndex(CLASS_INDEX, (volume) => [classNameOf(volume)]);
  return {
    claim: (key) => claims.get(key),
    volume: (name) => volumes.get(name),
    volumesOfClass: (className) => volumes.byIndex(CLASS_INDEX, className),
    storageClass: (name) => classes.get(name),
    taken,
    onChange: (handler) => {
      const detach = [claims.onDidChange(handler), volumes.onDidChange(handler), classes.onDidChange(handler)];
      return () => {
        for (const end of detach) end();
      };
    },
  };
}

/** The claims behind a pod's volumes, sorted by what is left to do; or why the pod can go nowhere for now. */
export interface PodClaims {
  bound: PersistentVolumeClaim[];
  /** To be bound when the pod has a node. */
  delayed: PersistentVolumeClaim[];
  refusal?: string;
}

/** Whether the binder has finished with a claim. */
export const isFullyBound = ({ metadata, spec }: PersistentVolumeClaim): boolean =>
  Boolean(spec?.volumeName) && metadata?.annotations?.[BIND_COMPLETED] !== undefined;

/** Undefined for a pod without claims (volumebinding PreFilter and GetPodVolumeClaims; its words). */
export function claimsOf(pod: Pod, view: VolumeView): PodClaims | undefined {
  const found: PodClaims = { bound: [], delayed: [] };
  for (const { name: volume, persistentVolumeClaim, ephemeral } of pod.spec?.volumes ?? []) {
    if (!persistentVolumeClaim && !ephemeral) continue;
    const name = persistentVolumeClaim?.claimName ?? `${pod.metadata?.name ?? ''}-${volume}`;
    const claim = view.claim(`${pod.metadata?.namespace ?? ''}/${name}`);
    const refuse = (refusal: string): PodClaims => ({ bound: [], delayed: [], refusal });
    if (!claim) {
      return refuse(
        ephemeral
          ? `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`
          : `persistentvolumeclaim "${name}" not found`,
      );
    }
    const volumeName = claim.spec?.volumeName ?? '';
    if (claim.status?.phase === 'Lost')
      return refuse(`persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${volumeName}"`);
    if (claim.metadata?.deletionTimestamp) return refuse(`persistentvolumeclaim "${name}" is being deleted`);
    if (ephemeral && !claim.metadata?.ownerReferences?.some(({ uid }) => uid === pod.metadata?.uid))
      return refuse(
        `PVC ${claim.metadata?.namespace ?? ''}/${name} was not created for pod ${pod.metadata?.namespace ?? ''}/${pod.metadata?.name ?? ''} (pod is not owner)`,
      );
    if (isFullyBound(claim)) found.bound.push(claim);
    else if (!volumeName && waitsForConsumer(view.storageClass(classNameOf(claim)))) found.delayed.push(claim);
    else return refuse('pod has unbound immediate PersistentVolumeClaims');
  }
  return found.bound.length + found.delayed.length > 0 ? found : undefined;
}
