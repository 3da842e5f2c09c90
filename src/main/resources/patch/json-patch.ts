import jsonpatch, { type Operation } from 'fast-json-patch';
import { ApiError, badRequest } from '../../../shared/api/errors.ts';
import { copyJson, isJsonObject } from '../decode/json-value.ts';

const MAX_OPERATIONS = 10_000;
/** Upstream's limit on what `copy` may add: each one can double the object. */
const MAX_COPIED_BYTES = 3 * 1024 * 1024;

/**
 * JSON patch (RFC 6902) on a private copy. Throws ApiError 400 for a patch that is none, 413 for one that is too large,
 * 422 for one that does not apply (a `test` that fails, a path that is not there).
 */
export function jsonPatch(current: unknown, patch: unknown): unknown {
  const operations = checkOperations(patch);
  const document = copyJson(current);
  let copiedBytes = 0;
  try {
    return operations.reduce((target, operation, index) => {
      if (operation.op === 'copy') {
        copiedBytes += JSON.stringify(jsonpatch.getValueByPointer(target, operation.from) ?? null).length;
        if (copiedBytes > MAX_COPIED_BYTES) throw copiedTooMuch(copiedBytes);
      }
      return jsonpatch.applyOperation(target, operation, true, true, true, index).newDocument;
    }, document);
  } catch (error) {
    if (error instanceof ApiError) throw error;
    // Upstream does not say which operation it was.
    throw new ApiError(422, 'Invalid', 'the server rejected our request due to an error in our request');
  }
}

function checkOperations(patch: unknown): Operation[] {
  if (!Array.isArray(patch)) throw badRequest('json: cannot unmarshal a JSON patch: it must be an array of operations');
  if (patch.length > MAX_OPERATIONS) {
    throw new ApiError(
      413,
      'RequestEntityTooLarge',
      `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${patch.length}`,
    );
  }
  const bad = patch.findIndex(
    (operation) =>
      !isJsonObject(operation) || typeof operation['op'] !== 'string' || typeof operation['path'] !== 'string',
  );
  if (bad >= 0) throw badRequest(`JSON patch operation ${bad} must be an object with "op" and "path"`);
  return patch as Operation[];
}

const copiedTooMuch = (bytes: number): ApiError =>
  new ApiError(
    413,
    'RequestEntityTooLarge',
    `Unable to complete copy operation, the accumulated size increase of copy operations is ${bytes}, exceeding the limit ${MAX_COPIED_BYTES}`,
  );
