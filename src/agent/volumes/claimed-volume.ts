import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../../shared/api/kinds.ts';
import { nameOf } from '../../shared/api/meta.ts';

type Volume = NonNullable<NonNullable<Pod['spec']>['volumes']>[number];

/** Claims and volumes as the API has them, or as they were when it was last reached; undefined: there is none. */
export interface ClaimSource {
  claim(namespace: string, name: string): Promise<PersistentVolumeClaim | undefined>;
  persistentVolume(name: string): Promise<PersistentVolume | undefined>;
}

/** The claim that stands behind a pod's volume; undefined when the volume is of another kind. */
export function claimNameOf(pod: Pod, volume: Volume): string | undefined {
  if (volume.ephemeral) return `${pod.metadata?.name ?? ''}-${volume.name}`;
  return volume.persistentVolumeClaim?.claimName;
}

/** The PersistentVolume behind a claim, or why it cannot be used, in the words of desired_state_of_world_populator.go. */
export async function volumeOfClaim(pod: Pod, name: string, source: ClaimSource): Promise<PersistentVolume> {
  const namespace = pod.metadata?.namespace ?? 'default';
  const claim = await source.claim(namespace, name);
  if (!claim) throw new Error(`failed to fetch PVC from API server: persistentvolumeclaims "${name}" not found`);
  if (claim.metadata?.deletionTimestamp) throw new Error('PVC is being deleted');
  const { volumeName } = claim.spec ?? {};
  if (claim.status?.phase !== 'Bound' || !volumeName) throw new Error('PVC is not bound');
  const volume = await source.persistentVolume(volumeName);
  if (!volume)
    throw new Error(`failed to fetch PV ${volumeName} from API server: persistentvolumes "${volumeName}" not found`);
  const { claimRef } = volume.spec ?? {};
  if (claimRef?.uid !== claim.metadata?.uid)
    throw new Error(
      `found PV object ${nameOf(volume)} with claimRef.UID ${claimRef?.uid ?? ''} that does not point to PVC ${name} with UID ${claim.metadata?.uid ?? ''}`,
    );
  return volume;
}
