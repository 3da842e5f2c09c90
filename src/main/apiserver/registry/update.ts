import { conflict, notFound } from '../../../shared/api/errors.ts';
import type { KubeObject } from '../../../shared/api/meta.ts';
import { validateMetadata, validateMetadataUpdate } from '../../resources/validation/metadata.ts';
import type { FieldError } from '../../resources/validation/field-error.ts';
import { RevisionMismatchError, type StoredObject, type StoredValue } from '../../store/storage.ts';
import type { AdmissionRequest } from '../admission/chain.ts';
import { checkPreconditions, matchName, matchNamespace, throwIfInvalid, tooManyConflicts } from './checks.ts';
import { asObject, asStored } from './as-object.ts';
import { metaOf, type RegistryContext, type Target, type Written } from './context.ts';
import { isReadyToGo } from './deletion-rules.ts';
import { cloneJson, withSharedParts } from './json-value.ts';
import { keyFor } from './keys.ts';
import {
  isUnchanged,
  keepValidOwners,
  ownersAfter,
  setManagedFields,
  withoutManagedFields,
  type ManagedFields,
} from './ownership.ts';
import { isInStorageVersion, servedValue, storedValue } from './stored-version.ts';
import { NO_RESERVATION, withReservation, type Reservation } from './write-hooks.ts';

/**
 * Which part of an object a write may touch: `whole` leaves status alone, `status` everything else; `server` is the
 * API server's own change (binding, finalize), which the kind's rules for users do not apply to.
 */
export type UpdateMode = 'whole' | 'status' | 'server';

export interface UpdateRequest {
  mode: UpdateMode;
  /** For admission. */
  subresource: string;
  dryRun: boolean;
  /** The object as it should be, as a private copy; called again with the newer object after a lost race. */
  change(old: KubeObject, stored: StoredObject): KubeObject | Promise<KubeObject>;
  /** How often to start over when another writer was faster. */
  attempts: number;
  /** Last changes to a change of the server's own, before its rules: a generation that moves. */
  prepare?(object: KubeObject, old: KubeObject): void;
  /** Rules of a change of the server's own; called after the mutating plugins. */
  rules?(object: KubeObject, old: KubeObject): FieldError[];
  /** Whether admission has been asked about this change, as something else (a Binding). */
  admitted?: boolean;
  /** Whether a `server` change is what a user asked for, so that the user's manager owns it. */
  tracked?: boolean;
  /** Whether `change` is given managedFields too, and may change them. */
  seesOwners?: boolean;
  /** managedFields of what `change` returned last, when they are more than what follows from it. */
  owners?(): ManagedFields;
}

/**
 * Reads, changes and compare-and-swaps an object. A change that says a resourceVersion wins only over that version
 * (409 else). A write that changes nothing keeps the resourceVersion and causes no event, unless what is stored
 * is of a version that is no longer the storage version: that is how a storage migration rewrites it.
 */
export async function updateObject(context: RegistryContext, target: Target, request: UpdateRequest): Promise<Written> {
  const key = keyFor(target.kind, target.namespace, target.name);
  let stored = await context.storage.get(key);
  for (let attempt = 1; ; attempt += 1) {
    if (!stored) throw notFound(target.kind.type, target.name);
    const served = servedValue(target.kind, stored.value);
    const object = await prepared(context, target, request, stored);
    const current = isInStorageVersion(target.kind, object, stored.value);
    if (current && isUnchanged(object, asObject(served))) return { object: served, created: false };
    const reservation = await reserve(context, target, request, object, served);
    try {
      const from = stored;
      const written = await withReservation(reservation, () => write(context, target, request, from, object));
      return { object: written, created: false };
    } catch (error) {
      if (!(error instanceof RevisionMismatchError)) throw error;
      if (attempt >= request.attempts) throw tooManyConflicts(target);
      stored = error.current;
    }
  }
}

/** Only a whole write by a user takes or gives back anything. */
function reserve(
  context: RegistryContext,
  target: Target,
  { mode, dryRun }: UpdateRequest,
  object: KubeObject,
  served: StoredValue,
): Promise<Reservation> {
  if (mode !== 'whole') return Promise.resolve(NO_RESERVATION);
  return context.hooks.begin(target.kind, object, asObject(served), dryRun);
}

/** Everything between the wish and the write: system fields, the kind's rules, admission, validation. */
async function prepared(
  context: RegistryContext,
  target: Target,
  request: UpdateRequest,
  stored: StoredObject,
): Promise<KubeObject> {
  const { kind } = target;
  const old = asObject(servedValue(kind, stored.value));
  const bare = withoutManagedFields(old);
  const wanted = await request.change(request.seesOwners ? old : bare, stored);
  const given = wanted.metadata?.managedFields;
  matchNamespace(target, wanted);
  matchName(target, wanted);
  checkIdentity(target, stored, wanted);

  const object = request.mode === 'status' ? withStatusOf(wanted, bare) : wanted;
  keepSystemFields(object, old);
  if (request.mode === 'whole') {
    kind.setDefaults(object);
    if (kind.hasStatus) keepStatus(object, old);
  }
  const live = old.metadata?.managedFields;
  // The server's own changes (a binding, a finalizer that is done) make nobody the owner of anything.
  const owners =
    request.mode === 'server' && !request.tracked
      ? live
      : request.owners
        ? request.owners()
        : ownersAfter(context, target, request.subresource, { old: bare, object, live, given });
  setManagedFields(object, owners);
  const admission: AdmissionRequest = {
    operation: 'UPDATE',
    kind,
    subresource: request.subresource,
    namespace: target.namespace,
    name: target.name,
    user: target.user,
    dryRun: request.dryRun,
    options: target.options,
    warn: (message) => void target.warnings?.push(message),
    annotate: target.annotate,
    object,
    old,
  };
  if (!request.admitted) await context.admission.mutate(admission);
  keepValidOwners(target, object, owners);
  const write = { now: new Date(context.clock.now()), userName: target.user.name, user: target.user };
  if (request.mode === 'whole') kind.prepareForUpdate?.(object, old, write);
  if (request.mode === 'status') kind.prepareForStatusUpdate?.(object, old, write);
  if (request.mode === 'server') request.prepare?.(object, old);
  throwIfInvalid(kind, target.name, rulesBroken(target, request, object, old));
  if (!request.admitted) await context.admission.validate(admission);
  return object;
}

function rulesBroken(target: Target, request: UpdateRequest, object: KubeObject, old: KubeObject): FieldError[] {
  const { kind } = target;
  switch (request.mode) {
    case 'whole':
      return [
        ...validateMetadata(kind, object),
        ...validateMetadataUpdate(object, old),
        ...kind.validate(object),
        ...(kind.validateUpdate?.(object, old) ?? []),
      ];
    case 'status':
      return kind.validateStatusUpdate?.(object, old) ?? [];
    case 'server':
      return request.rules?.(object, old) ?? [];
  }
}

async function write(
  context: RegistryContext,
  target: Target,
  request: UpdateRequest,
  stored: StoredObject,
  object: KubeObject,
): Promise<StoredValue> {
  const { kind } = target;
  if (request.dryRun) return asStored(object);
  // The last finalizer of an object that is being deleted is gone: this update is its deletion.
  if (isReadyToGo(kind, object)) {
    const gone = (await context.storage.delete(stored.key, stored.modRevision, kind.durability)).value;
    await context.hooks.deleted(kind, asObject(gone));
    return servedValue(kind, gone);
  }
  const value = withSharedParts(storedValue(kind, object), stored.value) as StoredValue;
  return servedValue(
    kind,
    (await context.storage.update(stored.key, value, stored.modRevision, kind.durability)).value,
  );
}

/** A writer that names a version or an identity means that one and no other. */
function checkIdentity(target: Target, stored: StoredObject, wanted: KubeObject): void {
  const { uid, resourceVersion } = metaOf(wanted);
  if (uid) checkPreconditions(target, stored, { uid });
  if (resourceVersion && resourceVersion !== asObject(stored.value).metadata?.resourceVersion)
    throw conflict(target.kind.type, target.name);
  if (!resourceVersion && !target.kind.allowUnconditionalUpdate)
    throwIfInvalid(target.kind, target.name, [
      {
        type: 'Invalid',
        field: 'metadata.resourceVersion',
        value: 0,
        detail: 'must be specified for an update',
      },
    ]);
}

const SYSTEM_FIELDS = [
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generation',
  'resourceVersion',
] as const;
const DROPPED_FIELDS: readonly string[] = [...SYSTEM_FIELDS, 'selfLink', 'managedFields'];

/** What only the server may say about an object stays as it is. */
function keepSystemFields(object: KubeObject, old: KubeObject): void {
  const wanted = Object.entries(metaOf(object)).filter(([field]) => !DROPPED_FIELDS.includes(field));
  const kept = SYSTEM_FIELDS.flatMap((field) => {
    const value = old.metadata?.[field];
    return value === undefined ? [] : [[field, value] as const];
  });
  object.metadata = Object.fromEntries([...wanted, ...kept]);
}

function keepStatus(object: KubeObject, old: KubeObject): void {
  const to = object as Record<string, unknown>;
  const status = (old as Record<string, unknown>)['status'];
  if (status === undefined) delete to['status'];
  else to['status'] = cloneJson(status);
}

function withStatusOf(wanted: KubeObject, old: KubeObject): KubeObject {
  const object = cloneJson(old) as Record<string, unknown>;
  const status = (wanted as Record<string, unknown>)['status'];
  if (status === undefined) delete object['status'];
  else object['status'] = status;
  return object as KubeObject;
}
