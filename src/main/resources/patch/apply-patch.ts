import { badRequest, unsupportedMediaType } from '../../../shared/api/errors.ts';
import type { Decodable } from '../decode/decode-object.ts';
import { getOwn, isJsonObject } from '../decode/json-value.ts';
import { jsonPatch } from './json-patch.ts';
import { mergePatch } from './merge-patch.ts';
import { strategicMerge } from './strategic-merge.ts';

/** The kinds of patch, as `shared/client` names them. */
export type PatchType = 'json' | 'merge' | 'strategic';

/** By media type, as a PATCH request names them. */
export const PATCH_TYPES: Readonly<Record<string, PatchType>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
};

/** Server-side apply, which is no patch of what is there but says what should be. */
export const APPLY_TYPE = 'application/apply-patch+yaml';

/** Whether a patch of any type might read or change metadata.managedFields. */
export function touchesOwners(patch: unknown): boolean {
  if (Array.isArray(patch))
    return patch.some((operation: unknown) => {
      if (!isJsonObject(operation)) return false;
      const paths = [operation['path'], operation['from']];
      return paths.some((path) => path === '' || path === '/metadata' || String(path).startsWith('/metadata/managedF'));
    });
  const metadata = isJsonObject(patch) ? getOwn(patch, 'metadata') : undefined;
  return isJsonObject(metadata) && Object.keys(metadata).some((key) => key === 'managedFields' || key.startsWith('$'));
}

/**
 * Applies a patch to a stored object, which stays as it is, and returns the value to decode as the new object.
 * Throws ApiError: 400 for a malformed patch, 422 for a JSON patch that does not apply, 415 for a strategic patch of a
 * custom kind (there are no merge keys to go by; kubectl then sends a merge patch).
 */
export function applyPatch(kind: Decodable, current: unknown, patch: unknown, patchType: PatchType): unknown {
  if (patchType === 'json') return jsonPatch(current, patch);
  if (patchType === 'strategic' && kind.custom) {
    throw unsupportedMediaType(['application/json-patch+json', 'application/merge-patch+json']);
  }
  if (!isJsonObject(patch)) throw badRequest('invalid patch: the body must be a JSON object');
  if (patchType === 'merge') return mergePatch(current, patch);
  return strategicMerge(kind.schema, isJsonObject(current) ? current : {}, patch);
}
