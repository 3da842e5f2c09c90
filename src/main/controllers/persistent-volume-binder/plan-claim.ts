import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '../../../shared/api/kinds.ts';
import { nameOf } from '../../../shared/api/meta.ts';
import {
  BIND_COMPLETED,
  BOUND_BY_CONTROLLER,
  classNameOf,
  isBoundTo,
  NO_PROVISIONER,
  SELECTED_NODE,
  waitsForConsumer,
} from '../../../shared/storage/binding.ts';
import { matchVolume, unfitness } from '../../../shared/storage/match-volume.ts';

export interface BinderEvent {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
}

/** What there is around a claim. */
export interface ClaimWorld {
  volumes: readonly PersistentVolume[];
  volume(name: string): PersistentVolume | undefined;
  storageClass(name: string): StorageClass | undefined;
  /** Names of pods without a node that use the claim. */
  waitingPods: readonly string[];
}

/** What to do about a claim. */
export interface ClaimPlan {
  /** Complete its binding to this volume. */
  bind?: PersistentVolume;
  /** What it is when it is not bound. */
  phase?: 'Pending' | 'Lost';
  /** Who is to make a volume for it. */
  provisioner?: string;
  event?: BinderEvent;
}

/** The next step for a claim (pv_controller.go syncUnboundClaim and syncBoundClaim). */
export function planClaim(claim: PersistentVolumeClaim, world: ClaimWorld): ClaimPlan {
  if (claim.metadata?.annotations?.[BIND_COMPLETED] !== undefined) return planBound(claim, world);
  const { volumeName } = claim.spec ?? {};
  return volumeName ? planNamed(claim, world.volume(volumeName)) : planFree(claim, world);
}

/** The claim leaves the choice to us. */
function planFree(claim: PersistentVolumeClaim, world: ClaimWorld): ClaimPlan {
  const className = classNameOf(claim);
  const storageClass = world.storageClass(className);
  const delayed = waitsForConsumer(storageClass);
  const found = matchVolume(claim, world.volumes, { reservedOnly: delayed });
  if (found) return { bind: found };
  const pending = (reason: string, message: string, type: 'Normal' | 'Warning' = 'Normal'): ClaimPlan => ({
    phase: 'Pending',
    event: { type, reason, message },
  });
  if (delayed && claim.metadata?.annotations?.[SELECTED_NODE] === undefined) {
    const [first, ...others] = world.waitingPods;
    if (first === undefined)
      return pending('WaitForFirstConsumer', 'waiting for first consumer to be created before binding');
    const who = others.length > 0 ? `pods ${world.waitingPods.join(',')}` : `pod ${first}`;
    return pending('WaitForPodScheduled', `waiting for ${who} to be scheduled`);
  }
  if (className === '')
    return pending('FailedBinding', 'no persistent volumes available for this claim and no storage class is set');
  if (!storageClass)
    return pending('ProvisioningFailed', `storageclass.storage.k8s.io "${className}" not found`, 'Warning');
  const { provisioner } = storageClass;
  if (provisioner === NO_PROVISIONER) return { phase: 'Pending' };
  const message =
    `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system ` +
    'administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.';
  return { provisioner, ...pending('ExternalProvisioning', message) };
}

/** The claim names its volume. */
function planNamed(claim: PersistentVolumeClaim, volume: PersistentVolume | undefined): ClaimPlan {
  if (!volume) return { phase: 'Pending' };
  if (isBoundTo(volume, claim)) return { bind: volume };
  const refused = (reason: string, message: string): ClaimPlan => ({
    phase: 'Pending',
    event: { type: 'Warning', reason, message },
  });
  const name = JSON.stringify(nameOf(volume));
  if (volume.spec?.claimRef) return refused('FailedBinding', `volume ${name} already bound to a different claim.`);
  const why = unfitness(claim, volume);
  if (why) return refused('VolumeMismatch', `Cannot bind to requested volume ${name}: ${why}`);
  return { bind: volume };
}

/** The claim was bound: what it was bound to must still be there and its own. */
function planBound(claim: PersistentVolumeClaim, world: ClaimWorld): ClaimPlan {
  const lost = (reason: string, message: string): ClaimPlan => ({
    phase: 'Lost',
    event: { type: 'Warning', reason, message },
  });
  const { volumeName } = claim.spec ?? {};
  if (!volumeName)
    return lost('ClaimLost', 'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!');
  const volume = world.volume(volumeName);
  if (!volume) return lost('ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!');
  const reference = volume.spec?.claimRef;
  if (!reference || isBoundTo(volume, claim)) return { bind: volume };
  return lost('ClaimMisbound', 'Two claims are bound to the same volume, this one is bound incorrectly');
}

/** The claim with what binding to this volume adds to it; undefined when nothing does (bindClaimToVolume). */
export function boundClaim(claim: PersistentVolumeClaim, volume: PersistentVolume): PersistentVolumeClaim | undefined {
  const annotations = { ...claim.metadata?.annotations };
  if (claim.spec?.volumeName === nameOf(volume) && annotations[BIND_COMPLETED] !== undefined) return undefined;
  const copy = structuredClone(claim);
  if (claim.spec?.volumeName !== nameOf(volume)) annotations[BOUND_BY_CONTROLLER] = 'yes';
  annotations[BIND_COMPLETED] = 'yes';
  copy.metadata = { ...copy.metadata, annotations };
  copy.spec = { ...copy.spec, volumeName: nameOf(volume) };
  return copy;
}
