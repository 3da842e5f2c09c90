import type { ManagedFieldsEntry } from '../../../shared/api/managed-fields.ts';
import type { JsonObject } from '../decode/json-value.ts';
import { equalJson } from '../decode/json-value.ts';
import { applyConflict, type Conflict } from './conflicts.ts';
import { appliedBefore } from './last-applied.ts';
import { ownerId, readOwners, sameSet, writeOwners, type ManagerOf, type Owner } from './managed-entries.ts';
import { mergeValues } from './merge.ts';
import { takeFields, takenFromOthers, withoutSystemFields } from './owner-updates.ts';
import { pruned } from './prune.ts';
import { difference } from './set-algebra.ts';
import { setOfValue } from './set-of.ts';
import { comparing, type Versions } from './versions.ts';

/** A server-side apply. */
export interface ApplyRequest {
  by: Omit<ManagerOf, 'operation'>;
  force: boolean;
  /** RFC 3339 to the second. */
  now: string;
  versions: Versions;
  /** What is stored, or a blank object when nothing is; without managedFields. */
  live: JsonObject;
  isNew: boolean;
  managedFields: readonly ManagedFieldsEntry[] | undefined;
  /** What the manager wants, decoded and without what the server does not let it say. */
  config: JsonObject;
}

export interface Applied {
  object: JsonObject;
  managedFields: readonly ManagedFieldsEntry[] | undefined;
}

/** Owner of what was there before anybody applied. */
const BEFORE_FIRST_APPLY = 'before-first-apply';
/** The manager of `kubectl apply --server-side`, which may take over from kubectl's client-side apply. */
const KUBECTL = 'kubectl';

/**
 * Merges a configuration into the live object, takes out what its manager no longer applies, and works out who owns what
 * (FieldManager.Apply). Throws the 409 when it would change what others own, unless it is forced to.
 */
export function applyConfig(request: ApplyRequest): Applied {
  const { live, config, versions, now } = request;
  const version = versions(request.by.apiVersion);
  if (!version) throw new Error(`${request.by.apiVersion} is not served`);
  const by: ManagerOf = { ...request.by, operation: 'Apply' };
  const id = ownerId(by);
  const owners = ownersBefore(request);
  const last = owners.get(id);
  const fields = setOfValue(version.type, config);
  if (fields) owners.set(id, { ...by, id, time: now, fields });
  else owners.delete(id);
  const object = pruned(mergeValues(version.type, live, config), last, owners, versions) as JsonObject;
  const compareAt = comparing(versions, live, object);
  if (!request.force) refuseConflicts(request, id, owners, compareAt);
  takeFields(owners, id, compareAt);
  const own = withoutSystemFields(fields);
  if (!own) owners.delete(id);
  else {
    const unchanged = last?.apiVersion === by.apiVersion && sameSet(last.fields, own) && equalJson(live, object);
    owners.set(id, unchanged ? last : { ...by, id, time: now, fields: own });
  }
  return { object, managedFields: writeOwners(owners) };
}

/** Who owns what so far; an object that was not tracked until now belongs to whoever wrote it before. */
function ownersBefore({ managedFields, isNew, live, versions, by, now }: ApplyRequest): Map<string, Owner> {
  const owners = readOwners(managedFields ?? []) ?? new Map<string, Owner>();
  if (owners.size > 0 || isNew) return owners;
  const { apiVersion, subresource } = by;
  const before: ManagerOf = { manager: BEFORE_FIRST_APPLY, operation: 'Update', apiVersion, subresource };
  const fields = withoutSystemFields(comparing(versions, {}, live)(apiVersion)?.changed);
  const id = ownerId(before);
  if (fields) owners.set(id, { ...before, id, time: now, fields });
  return owners;
}

function refuseConflicts(
  { by, live, versions }: ApplyRequest,
  id: string,
  owners: ReadonlyMap<string, Owner>,
  compareAt: ReturnType<typeof comparing>,
): void {
  const taken = takenFromOthers(owners, id, compareAt);
  if (taken.size === 0) return;
  const allowed = by.manager === KUBECTL ? appliedBefore(live, by.apiVersion, versions) : undefined;
  const conflicts: Conflict[] = [];
  for (const [other, fields] of taken) {
    const owner = owners.get(other);
    const refused = difference(fields, allowed);
    if (owner && refused) conflicts.push({ owner, fields: refused });
  }
  if (conflicts.length > 0) throw applyConflict(conflicts);
}
