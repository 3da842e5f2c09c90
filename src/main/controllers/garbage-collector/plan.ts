import type { KubeObject, OwnerReference } from '../../../shared/api/meta.ts';
import { FOREGROUND, ORPHAN } from './owner-graph.ts';

/** What a live read said of one owner reference. */
export type OwnerState =
  /** It is there and stays. */
  | 'solid'
  /** It is not there, or another object has its name. */
  | 'dangling'
  /** It is being deleted in the foreground and waits for its dependents. */
  | 'waiting';

export type Verdict =
  | { action: 'keep' }
  /** Some owner stays: only the references to the others go. */
  | { action: 'dropReferences'; uids: string[] }
  /** An owner waits for us and we have dependents of our own: they go first. */
  | { action: 'delete'; propagationPolicy: 'Foreground' | 'Background' | 'Orphan'; unblockOwners: boolean };

/**
 * What is to become of an object by the state of its owners (attemptToDeleteItem). `states` is parallel to its
 * owner references. `dependentIsDeletingItself` tells of a circle of foreground deletions, which has to be broken.
 */
export function judge(
  object: KubeObject,
  states: readonly OwnerState[],
  dependents: { count: number; anyDeletingDependents: boolean },
): Verdict {
  const owners = object.metadata?.ownerReferences ?? [];
  if (owners.length === 0) return { action: 'keep' };
  if (states.includes('solid')) {
    const uids = owners.filter((_, index) => states[index] !== 'solid').map((reference) => reference.uid);
    return uids.length === 0 ? { action: 'keep' } : { action: 'dropReferences', uids };
  }
  if (states.includes('waiting') && dependents.count > 0)
    return { action: 'delete', propagationPolicy: 'Foreground', unblockOwners: dependents.anyDeletingDependents };
  return { action: 'delete', propagationPolicy: policyOf(object), unblockOwners: false };
}

/** A deletion already asked for keeps its manner. */
function policyOf(object: KubeObject): 'Foreground' | 'Background' | 'Orphan' {
  const finalizers = object.metadata?.finalizers ?? [];
  if (finalizers.includes(ORPHAN)) return 'Orphan';
  if (finalizers.includes(FOREGROUND)) return 'Foreground';
  return 'Background';
}

/** The state of an owner from what a live read found under its name. */
export function ownerState(reference: OwnerReference, found: KubeObject | undefined): OwnerState {
  if (found?.metadata?.uid !== reference.uid) return 'dangling';
  const { deletionTimestamp, finalizers = [] } = found.metadata;
  return deletionTimestamp && finalizers.includes(FOREGROUND) ? 'waiting' : 'solid';
}
