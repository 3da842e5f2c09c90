import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '../api/kinds.ts';
import { nameOf } from '../api/meta.ts';

// What the binder, the provisioners and the scheduler tell each other on claims and volumes (component-helpers
// storage/volume/pv_helpers.go).

/** On a claim: it has been bound once; should its volume be missing now, data has been lost. */
export const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed';
/** On a claim or volume: the binding was chosen by the controller, not by whoever made the object. */
export const BOUND_BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller';
/** On a claim: the node on which the scheduler wants its volume to be made. */
export const SELECTED_NODE = 'volume.kubernetes.io/selected-node';
/** On a volume: the provisioner that made it, and that has to remove it. */
export const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';
/** On a claim: the provisioner that is to make its volume; under the name of old provisioners too. */
export const STORAGE_PROVISIONER = 'volume.kubernetes.io/storage-provisioner';
export const BETA_STORAGE_PROVISIONER = 'volume.beta.kubernetes.io/storage-provisioner';
/** The provisioner of classes whose volumes are all made by hand. */
export const NO_PROVISIONER = 'kubernetes.io/no-provisioner';

const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class';

/** The name of the class a claim or volume is of; `''` for none. */
export function classNameOf(object: PersistentVolume | PersistentVolumeClaim): string {
  return object.metadata?.annotations?.[BETA_CLASS] ?? object.spec?.storageClassName ?? '';
}

/** Whether claims of a class are bound only when a pod that uses them has a node (IsDelayBindingMode). */
export const waitsForConsumer = (storageClass: StorageClass | undefined): boolean =>
  storageClass?.volumeBindingMode === 'WaitForFirstConsumer';

/** Whether a volume is bound or reserved to this claim (IsVolumeBoundToClaim): by name, and by uid where it has one. */
export function isBoundTo(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const reference = volume.spec?.claimRef;
  if (!reference) return false;
  const { name, namespace, uid } = claim.metadata ?? {};
  return reference.name === name && reference.namespace === namespace && (!reference.uid || reference.uid === uid);
}

/**
 * A copy of the volume that is bound to the claim, marked as our choice when it was not reserved for it; undefined when
 * there is nothing to change (GetBindVolumeToClaim).
 */
export function boundVolume(volume: PersistentVolume, claim: PersistentVolumeClaim): PersistentVolume | undefined {
  const { uid, resourceVersion } = claim.metadata ?? {};
  if (isBoundTo(volume, claim) && volume.spec?.claimRef?.uid === uid) return undefined;
  const copy = structuredClone(volume);
  if (!isBoundTo(volume, claim)) {
    copy.metadata = {
      ...copy.metadata,
      annotations: { ...copy.metadata?.annotations, [BOUND_BY_CONTROLLER]: 'yes' },
    };
  }
  copy.spec = {
    ...copy.spec,
    claimRef: {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      name: nameOf(claim),
      ...(claim.metadata?.namespace === undefined ? {} : { namespace: claim.metadata.namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
  };
  return copy;
}
