import { apiVersionOf } from '../../shared/api/kinds.ts';
import { badRequest, isNotFound, methodNotAllowed, notFound, unsupportedMediaType } from '../../shared/api/errors.ts';
import type { KubeObject } from '../../shared/api/meta.ts';
import { APPLY_TYPE, applyPatch, PATCH_TYPES, touchesOwners } from '../resources/patch/apply-patch.ts';
import type { StoredValue } from '../store/storage.ts';
import { successStatus, type Answer } from './api-call.ts';
import { watchUntilRedefined } from './custom/redefinition.ts';
import { applyObject } from './registry/apply.ts';
import { createObject } from './registry/create.ts';
import { asObject } from './registry/as-object.ts';
import { type Written } from './registry/context.ts';
import { decodeBody, decodePatched, mediaTypeOf, readBody } from './registry/decode-request.ts';
import { deleteObject, type Deleted } from './registry/delete.ts';
import { returnsDeletedObject } from './registry/deletion-rules.ts';
import { revisionOf, waitForRevision } from './registry/freshness.ts';
import { cloneJson } from './registry/json-value.ts';
import { keyFor } from './registry/keys.ts';
import { listObjects } from './registry/list.ts';
import {
  applyOptionsOf,
  deleteOptionsOf,
  patchOptionsOf,
  writeOptionsOf,
  type DeleteOptions,
} from './registry/request-options.ts';
import { servedValue } from './registry/stored-version.ts';
import { updateObject, type UpdateMode } from './registry/update.ts';
import { watchObjects } from './registry/watch.ts';
import { bodyOf, type ResourceDeps, type ResourceHandler, type ResourceRequest } from './resource-request.ts';

/** Patches that meet another writer start over this often (upstream's MaxRetryWhenPatchConflicts). */
const PATCH_ATTEMPTS = 5;
/** An unconditional PUT means "whatever is there"; it gives up only when it loses again and again. */
const PUT_ATTEMPTS = 20;

const answerOf = (request: ResourceRequest, written: Written): Answer => ({
  type: 'object',
  code: written.created ? 201 : 200,
  value: written.object,
  kind: request.target.kind,
  warnings: request.warnings,
});

/** Reads the stored object; throws NotFound. */
export async function readStored(deps: ResourceDeps, request: ResourceRequest): Promise<StoredValue> {
  const { kind, namespace, name } = request.target;
  const stored = await deps.registry.storage.get(keyFor(kind, namespace, name));
  if (!stored) throw notFound(kind.type, name);
  return servedValue(kind, stored.value);
}

const get: ResourceHandler = async (deps, request) => {
  const revision = revisionOf(request.call.query.get('resourceVersion'));
  if (revision) await waitForRevision(deps.registry.storage, revision, request.call.signal);
  return { type: 'object', code: 200, value: await readStored(deps, request), kind: request.target.kind };
};

const list: ResourceHandler = async ({ registry }, { target, call }) => {
  const { items, metadata } = await listObjects(registry, target.kind, target.namespace, call.query, call.signal);
  return { type: 'list', kind: target.kind, items, metadata };
};

const watch: ResourceHandler = ({ registry }, { target, call }) =>
  Promise.resolve({
    type: 'watch',
    kind: target.kind,
    events: watchUntilRedefined(registry.catalog, target.kind, call.signal, (signal) =>
      watchObjects(registry, target.kind, target.namespace, call.query, signal),
    ),
  });

const create: ResourceHandler = async ({ registry }, request) => {
  const { target, call, warnings } = request;
  const { namespaced } = target.kind.type;
  const options = writeOptionsOf(call.query);
  const object = decodeBody(target.kind, bodyOf(request), options.fieldValidation, warnings);
  if (namespaced && target.namespace === '') throw badRequest('an empty namespace may not be set during creation');
  return answerOf(request, await createObject(registry, target, object, options));
};

/** PUT and PATCH of the object itself, or of its status. */
function updating(mode: Exclude<UpdateMode, 'server'>): { put: ResourceHandler; patch: ResourceHandler } {
  const subresource = mode === 'status' ? 'status' : '';
  return {
    put: async ({ registry }, request) => {
      const { target, call, warnings } = request;
      const options = writeOptionsOf(call.query);
      const object = decodeBody(target.kind, bodyOf(request), options.fieldValidation, warnings);
      try {
        const written = await updateObject(registry, target, {
          mode,
          subresource,
          dryRun: options.dryRun,
          attempts: PUT_ATTEMPTS,
          change: () => cloneJson(object),
        });
        return answerOf(request, written);
      } catch (error) {
        if (!isNotFound(error) || mode === 'status' || !target.kind.allowCreateOnUpdate) throw error;
        return answerOf(request, await createObject(registry, target, named(object, target.name), options));
      }
    },
    patch: async ({ registry }, request) => {
      const { target, call, warnings } = request;
      const body = bodyOf(request);
      const mediaType = mediaTypeOf(body.contentType);
      if (mediaType === APPLY_TYPE) {
        const options = applyOptionsOf(call.query);
        return answerOf(request, await applyObject(registry, target, mode, readBody(body), options));
      }
      const patchType = PATCH_TYPES[mediaType];
      if (!patchType) throw unsupportedMediaType([...Object.keys(PATCH_TYPES), APPLY_TYPE]);
      const options = patchOptionsOf(call.query);
      const patch = readBody(body);
      const written = await updateObject(registry, target, {
        mode,
        subresource,
        dryRun: options.dryRun,
        attempts: PATCH_ATTEMPTS,
        seesOwners: touchesOwners(patch.value),
        change: (old) =>
          decodePatched(
            target.kind,
            applyPatch(target.kind, old, patch.value, patchType),
            patch,
            options.fieldValidation,
            warnings,
          ),
      });
      return answerOf(request, written);
    },
  };
}

function named(object: KubeObject, name: string): KubeObject {
  return { ...object, metadata: { ...object.metadata, name } };
}

/** Reads DeleteOptions off the body or the query. */
export function deleteOptionsOfRequest(request: ResourceRequest): DeleteOptions {
  const { body, query } = request.call;
  const empty = !body || ('bytes' in body && body.bytes.length === 0);
  return deleteOptionsOf(query, empty ? undefined : readBody(body).value);
}

const remove: ResourceHandler = async ({ registry }, request) => {
  const options = deleteOptionsOfRequest(request);
  const { kind, name } = request.target;
  const deleted = await deleteObject(registry, request.target, options);
  const accepted = !deleted.gone && options.propagationPolicy === 'Foreground';
  if (!deleted.gone || returnsDeletedObject(kind))
    return { type: 'object', code: accepted ? 202 : 200, value: deleted.object, kind };
  const { uid } = asObject(deleted.object).metadata ?? {};
  return { type: 'object', code: 200, value: successStatus({ name, ...kind.type, uid: uid ?? '' }) };
};

const removeCollection: ResourceHandler = async ({ registry }, request) => {
  const options = deleteOptionsOfRequest(request);
  const { target, call } = request;
  const { items, metadata } = await listObjects(registry, target.kind, target.namespace, call.query, call.signal);
  const deleted: StoredValue[] = [];
  for (const item of items) {
    const { name = '', namespace = '' } = asObject(item).metadata ?? {};
    try {
      const result: Deleted = await deleteObject(registry, { ...target, name, namespace }, options);
      deleted.push(result.object);
    } catch (error) {
      // Someone else was faster: the collection is as empty as was asked for.
      if (!isNotFound(error)) throw error;
    }
  }
  return { type: 'list', kind: target.kind, items: deleted, metadata };
};

const whole = updating('whole');
const status = updating('status');

const VERBS: Readonly<Record<string, ResourceHandler>> = {
  get,
  list,
  watch,
  create,
  update: whole.put,
  patch: whole.patch,
  delete: remove,
  deletecollection: removeCollection,
};

const STATUS_VERBS: Readonly<Record<string, ResourceHandler>> = { get, update: status.put, patch: status.patch };

/** The handler of a verb on a kind's objects, or on their status. Throws 405 when the kind does not have it. */
export function resourceHandler(verb: string, subresource: '' | 'status', name: string): ResourceHandler {
  const verbs = subresource === 'status' ? STATUS_VERBS : VERBS;
  const handler = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  // POST to one object, PUT and PATCH to a collection name nothing that can be done.
  if (!handler || (verb === 'create' && name !== '') || ((verb === 'update' || verb === 'patch') && name === ''))
    throw methodNotAllowed();
  return handler;
}

/** `PodList` and its apiVersion. */
export const listTypeOf = (kind: ResourceRequest['target']['kind']): { kind: string; apiVersion: string } => ({
  kind: kind.listKind ?? `${kind.type.kind}List`,
  apiVersion: apiVersionOf(kind.type),
});
