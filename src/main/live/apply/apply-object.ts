import { isAlreadyExists, isConflict, isNotFound } from '../../../shared/api/errors.ts';
import { pathOf, type ResourceType } from '../../../shared/api/kinds.ts';
import type { ApiClient } from '../../../shared/client/api-client.ts';
import type { Query } from '../../../shared/client/transport.ts';
import { isObject, isSame, threeWayPatch, type JsonObject } from './three-way.ts';

/** Where kubectl remembers what was applied last. */
export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
/** kubectl's own name for what `kubectl apply` does, so that the two can take turns. */
const FIELD_MANAGER = 'kubectl-client-side-apply';
const ATTEMPTS = 5;

export type Outcome = 'created' | 'configured' | 'unchanged';

/** Creates the object, or brings what is there to what is written, as `kubectl apply` does. Throws ApiError. */
export async function applyObject(
  client: ApiClient,
  type: ResourceType,
  object: JsonObject,
  options: { namespace: string; dryRun: boolean; signal: AbortSignal },
): Promise<Outcome> {
  const { namespace, dryRun, signal } = options;
  const modified = withLastApplied(object);
  const name = nameIn(modified);
  const query: Query = {
    fieldManager: FIELD_MANAGER,
    fieldValidation: 'Strict',
    dryRun: dryRun ? 'All' : undefined,
  };
  const path = pathOf(type, namespace, name);
  for (let attempt = 1; ; attempt++) {
    try {
      const live = await client.transport
        .request<JsonObject>({ method: 'GET', path, signal })
        .catch((error: unknown) => {
          if (isNotFound(error)) return undefined;
          throw error;
        });
      if (!live) {
        await client.transport.request({
          method: 'POST',
          path: pathOf(type, namespace),
          query,
          body: modified,
          signal,
        });
        return 'created';
      }
      const patch = threeWayPatch(lastApplied(live), modified, live);
      if (!patch) return 'unchanged';
      const contentType = 'application/merge-patch+json';
      const after = await client.transport.request<JsonObject>({
        method: 'PATCH',
        path,
        query,
        body: patch,
        contentType,
        signal,
      });
      return isSame(content(live), content(after)) ? 'unchanged' : 'configured';
    } catch (error) {
      // Somebody was faster: what is right now is worked out anew.
      if (attempt === ATTEMPTS || !(isConflict(error) || isAlreadyExists(error))) throw error;
    }
  }
}

/** The object with the annotation that says what was applied: itself, without that annotation. */
function withLastApplied(object: JsonObject): JsonObject {
  const metadata = isObject(object['metadata']) ? object['metadata'] : {};
  const { [LAST_APPLIED]: _old, ...annotations } = isObject(metadata['annotations']) ? metadata['annotations'] : {};
  const applied = { ...object, metadata: { ...metadata, annotations } };
  return {
    ...applied,
    metadata: { ...metadata, annotations: { ...annotations, [LAST_APPLIED]: `${JSON.stringify(applied)}\n` } },
  };
}

function lastApplied(live: JsonObject): unknown {
  const metadata = isObject(live['metadata']) ? live['metadata'] : {};
  const text = isObject(metadata['annotations']) ? metadata['annotations'][LAST_APPLIED] : undefined;
  if (typeof text !== 'string') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Somebody wrote something else there: then nothing is known of what was applied, and nothing is removed.
    return undefined;
  }
}

const nameIn = (object: JsonObject): string => String((object['metadata'] as JsonObject)['name']);

/** An object without what every write changes. */
function content(object: JsonObject): JsonObject {
  const {
    resourceVersion: _version,
    generation: _generation,
    managedFields: _fields,
    ...metadata
  } = object['metadata'] as JsonObject;
  return { ...object, metadata };
}
