import { conflict, notFound } from '../../../shared/api/errors.ts';
import type { KubeObject } from '../../../shared/api/meta.ts';
import type { Namespace } from '../../../shared/api/kinds.ts';
import { RevisionMismatchError, type StoredObject, type StoredValue } from '../../store/storage.ts';
import { checkPreconditions, tooManyConflicts } from './checks.ts';
import { asObject, asStored } from './as-object.ts';
import { metaOf, timestamp, type RegistryContext, type Target } from './context.ts';
import { contentFinalizersOf, finalizersFor, graceOf, isNamespaceKind } from './deletion-rules.ts';
import { cloneJson, equalJson } from './json-value.ts';
import { keyFor } from './keys.ts';
import { servedValue } from './stored-version.ts';
import type { DeleteOptions } from './request-options.ts';

/** Lost races before giving up; each means that someone else wrote the object. */
const ATTEMPTS = 20;

export interface Deleted {
  object: StoredValue;
  /** False while finalizers or a grace period keep the object. */
  gone: boolean;
}

/**
 * Deletes an object, or marks it as being deleted when a grace period or finalizers keep it.
 * Throws NotFound, Conflict (preconditions), Forbidden (admission).
 */
export async function deleteObject(context: RegistryContext, target: Target, options: DeleteOptions): Promise<Deleted> {
  const key = keyFor(target.kind, target.namespace, target.name);
  const { dryRun: _dryRun, preconditions, ...rest } = options;
  const said = { ...rest, ...(Object.keys(preconditions).length > 0 ? { preconditions } : {}) };
  let stored = await context.storage.get(key);
  for (let attempt = 1; ; attempt += 1) {
    if (!stored) throw notFound(target.kind.type, target.name);
    checkPreconditions(target, stored, options.preconditions);
    await context.admission.validate({
      operation: 'DELETE',
      kind: target.kind,
      subresource: '',
      namespace: target.namespace,
      name: target.name,
      user: target.user,
      dryRun: options.dryRun,
      options: said,
      warn: (message) => void target.warnings?.push(message),
      annotate: target.annotate,
      old: asObject(servedValue(target.kind, stored.value)),
    });
    try {
      const deleted = await step(context, target, options, stored);
      if (deleted.gone && !options.dryRun) await context.hooks.deleted(target.kind, asObject(deleted.object));
      return { ...deleted, object: servedValue(target.kind, deleted.object) };
    } catch (error) {
      if (!(error instanceof RevisionMismatchError)) throw error;
      if (attempt >= ATTEMPTS) throw tooManyConflicts(target);
      stored = error.current;
    }
  }
}

async function step(
  context: RegistryContext,
  target: Target,
  options: DeleteOptions,
  stored: StoredObject,
): Promise<Deleted> {
  const next = marked(context, target, options, stored);
  const { durability } = target.kind;
  if (next === 'remove')
    return {
      object: options.dryRun
        ? stored.value
        : (await context.storage.delete(stored.key, stored.modRevision, durability)).value,
      gone: true,
    };
  if (options.dryRun) return { object: asStored(next), gone: false };
  if (equalJson(next, stored.value)) return { object: stored.value, gone: false };
  const written = await context.storage.update(stored.key, asStored(next), stored.modRevision, durability);
  return { object: written.value, gone: false };
}

/** The object as the delete leaves it, or that it goes at once (registry.Store.Delete and namespace's own rules). */
function marked(
  context: RegistryContext,
  target: Target,
  options: DeleteOptions,
  stored: StoredObject,
): KubeObject | 'remove' {
  const { kind } = target;
  const old = asObject(stored.value);
  const nowMs = context.clock.now();
  const content = contentFinalizersOf(kind, old);
  if (content.length > 0 && old.metadata?.deletionTimestamp !== undefined)
    throw conflict(
      kind.type,
      target.name,
      'The system is ensuring all content is removed from this namespace.  Upon completion, this namespace will automatically be purged by the system.',
    );

  const grace = graceOf(kind, old, options.gracePeriodSeconds, nowMs);
  if (grace.type === 'pending') return old;
  const first = old.metadata?.deletionTimestamp === undefined;
  const finalizers = [
    ...new Set([
      ...finalizersFor(old.metadata?.finalizers ?? [], options.propagationPolicy),
      ...((first && kind.finalizersOnDelete) || []),
    ]),
  ];
  const kept = finalizers.length > 0 || content.length > 0;
  if (!kept && (grace.type === 'none' || grace.seconds === 0)) return 'remove';

  const object = cloneJson(old);
  const metadata = metaOf(object);
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  else delete metadata.finalizers;
  if (grace.type === 'graceful') {
    metadata.deletionTimestamp = grace.deletionTimestamp;
    metadata.deletionGracePeriodSeconds = grace.seconds;
  } else if (first) {
    metadata.deletionTimestamp = timestamp(nowMs);
    // A namespace has no grace period of its own; everything else says that its grace is over.
    if (!isNamespaceKind(kind)) metadata.deletionGracePeriodSeconds = 0;
  }
  // What a deletion makes of an object is news to its controllers, as a changed spec is.
  if (first && (metadata.generation ?? 0) > 0) metadata.generation = (metadata.generation ?? 0) + 1;
  if (isNamespaceKind(kind)) {
    const namespace = object as Namespace;
    namespace.status = { ...namespace.status, phase: 'Terminating' };
  }
  return object;
}
