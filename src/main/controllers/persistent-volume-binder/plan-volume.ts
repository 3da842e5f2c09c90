import type { PersistentVolume, PersistentVolumeClaim } from '../../../shared/api/kinds.ts';
import { nameOf } from '../../../shared/api/meta.ts';
import { BOUND_BY_CONTROLLER, PROVISIONED_BY } from '../../../shared/storage/binding.ts';
import type { BinderEvent } from './plan-claim.ts';

/** What to do about a volume. */
export interface VolumePlan {
  phase?: 'Available' | 'Bound' | 'Released' | 'Failed';
  message?: string;
  /** Its claim has not taken note of it yet. */
  wakeClaim?: true;
  /** The volume as it was before a binding that came to nothing. */
  unbound?: PersistentVolume;
  /** Told when the phase changes. */
  event?: BinderEvent;
}

/**
 * The next step for a volume (pv_controller.go syncVolume). `claim` is the one its reference names, undefined when there
 * is none of that uid any more.
 */
export function planVolume(volume: PersistentVolume, claim: PersistentVolumeClaim | undefined): VolumePlan {
  if (!volume.spec?.claimRef?.uid) return { phase: 'Available' };
  if (!claim) return released(volume);
  const { volumeName } = claim.spec ?? {};
  if (!volumeName) return { wakeClaim: true };
  if (volumeName === nameOf(volume)) return { phase: 'Bound' };
  // The claim went to another volume. What was made for it alone is of no use to anybody else.
  if (volume.metadata?.annotations?.[PROVISIONED_BY] && volume.spec.persistentVolumeReclaimPolicy === 'Delete')
    return released(volume);
  return { unbound: withoutClaim(volume) };
}

/** Volumes that a provisioner made are removed by it; of others only their owner can say what is to become of them. */
function released(volume: PersistentVolume): VolumePlan {
  const provisioned = volume.metadata?.annotations?.[PROVISIONED_BY] !== undefined;
  const policy = volume.spec?.persistentVolumeReclaimPolicy ?? 'Retain';
  if (volume.status?.phase !== 'Released' || policy === 'Retain' || (policy === 'Delete' && provisioned))
    return volume.status?.phase === 'Failed' ? {} : { phase: 'Released' };
  const failed = (reason: string, message: string): VolumePlan => ({
    phase: 'Failed',
    message,
    event: { type: 'Warning', reason, message },
  });
  if (policy === 'Recycle') return failed('VolumeFailedRecycle', 'No recycler plugin found for the volume!');
  const message = `error getting deleter volume plugin for volume ${JSON.stringify(nameOf(volume))}: no deletable volume plugin matched`;
  return failed('VolumeFailedDelete', message);
}

/** Without the claim we chose; a reservation that somebody made stays, without the uid (unbindVolume). */
function withoutClaim(volume: PersistentVolume): PersistentVolume {
  const copy = structuredClone(volume);
  const { [BOUND_BY_CONTROLLER]: chosen, ...annotations } = copy.metadata?.annotations ?? {};
  const { claimRef, ...spec } = copy.spec ?? {};
  const { uid: _uid, resourceVersion: _resourceVersion, ...reservation } = claimRef ?? {};
  copy.metadata = { ...copy.metadata, annotations };
  copy.spec = chosen === undefined ? { ...spec, claimRef: reservation } : spec;
  return copy;
}
