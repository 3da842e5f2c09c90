import type { ManagedFieldsEntry } from '../../../shared/api/managed-fields.ts';
import { capUpdaters, takeFields, withoutSystemFields, type CompareAt } from './owner-updates.ts';
import { ownerId, readOwners, writeOwners, type ManagerOf, type Owner } from './managed-entries.ts';
import { union } from './set-algebra.ts';

/** A write that is no apply: create, update, patch. */
export interface TrackedUpdate {
  /** Who writes; an empty manager is `unknown`. */
  by: Omit<ManagerOf, 'operation'>;
  /** RFC 3339 to the second. */
  now: string;
  /** managedFields as stored; undefined or empty means that the object is not tracked, unless it is new. */
  live: readonly ManagedFieldsEntry[] | undefined;
  /** managedFields as sent, which replace the stored ones when they are valid; `[{}]` forgets them all. */
  given: readonly unknown[] | undefined;
  isNew: boolean;
  compareAt: CompareAt;
}

const isReset = (given: readonly unknown[] | undefined): boolean =>
  given?.length === 1 && typeof given[0] === 'object' && given[0] !== null && Object.keys(given[0]).length === 0;

/** Who owns what to begin with (decodeLiveOrNew). */
function startingOwners({ by, live, given }: TrackedUpdate): Map<string, Owner> {
  if (by.subresource === '') {
    if (isReset(given)) return new Map();
    const sent = given && given.length > 0 && given !== live ? readOwners(given) : undefined;
    if (sent && sent.size > 0) return sent;
  }
  return readOwners(live ?? []) ?? new Map<string, Owner>();
}

/**
 * managedFields after a write (FieldManager.Update): the writer owns what it set or changed, others lose it, and what is
 * gone is nobody's. The stored list itself when nothing about it changes.
 */
export function trackUpdate(write: TrackedUpdate): readonly ManagedFieldsEntry[] | undefined {
  const owners = startingOwners(write);
  // Once forgotten, an object is tracked again from its first apply on (skipNonAppliedManager).
  if (owners.size === 0 && !write.isNew) return undefined;
  const { apiVersion, subresource } = write.by;
  const by: ManagerOf = { manager: write.by.manager || 'unknown', operation: 'Update', apiVersion, subresource };
  const id = ownerId(by);
  // Nobody is spared, not even earlier writes of the same manager: what it changed it owns anew, what is gone it lost.
  takeFields(owners, '', write.compareAt);
  const changed = withoutSystemFields(write.compareAt(apiVersion)?.changed);
  if (changed) {
    const fields = union(changed, owners.get(id)?.fields) ?? changed;
    owners.set(id, { ...by, id, time: write.now, fields });
  }
  capUpdaters(owners);
  const entries = writeOwners(owners);
  const { live } = write;
  return live && entries?.length === live.length && entries.every((entry, index) => entry === live[index])
    ? live
    : entries;
}
