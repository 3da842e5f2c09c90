import { type ApiError, badRequest, conflict, invalid } from '../../../shared/api/errors.ts';
import type { KubeObject } from '../../../shared/api/meta.ts';
import type { KindDefinition } from '../../resources/definition.ts';
import { causeOf, type FieldError } from '../../resources/validation/field-error.ts';
import type { StoredObject } from '../../store/storage.ts';
import { asObject } from './as-object.ts';
import { type Target } from './context.ts';

/** Throws the 422 of a list of failed rules, if there are any. */
export function throwIfInvalid(kind: KindDefinition, name: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid(kind.type, name, errors.map(causeOf));
}

/** The body's namespace must be the URL's; an absent one is filled in. */
export function matchNamespace(target: Target, object: KubeObject): void {
  const metadata = (object.metadata ??= {});
  if (!target.kind.type.namespaced) {
    if (metadata.namespace) throw badRequest('namespace specified on a cluster-scoped object');
    delete metadata.namespace;
    return;
  }
  metadata.namespace ||= target.namespace;
  if (metadata.namespace !== target.namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

/** The body's name must be the URL's; an absent one is filled in. */
export function matchName(target: Target, object: KubeObject): void {
  const metadata = (object.metadata ??= {});
  metadata.name ||= target.name;
  if (metadata.name !== target.name)
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${target.name})`);
}

/** Throws 409 unless the stored object is the one a writer means. */
export function checkPreconditions(
  target: Target,
  stored: StoredObject,
  preconditions: { uid?: string; resourceVersion?: string },
): void {
  const { uid, resourceVersion } = asObject(stored.value).metadata ?? {};
  const { type } = target.kind;
  if (preconditions.uid !== undefined && preconditions.uid !== uid)
    throw conflict(
      type,
      target.name,
      `Precondition failed: UID in precondition: ${preconditions.uid}, UID in object meta: ${uid ?? ''}`,
    );
  if (preconditions.resourceVersion !== undefined && preconditions.resourceVersion !== resourceVersion)
    throw conflict(
      type,
      target.name,
      `Precondition failed: ResourceVersion in precondition: ${preconditions.resourceVersion}, ResourceVersion in object meta: ${resourceVersion ?? ''}`,
    );
}

/** The write lost every race it was in. */
export const tooManyConflicts = (target: Target): ApiError => conflict(target.kind.type, target.name);
