import { ApiError, expired, internalError } from '../../../shared/api/errors.ts';
import {
  CompactedError,
  FutureRevisionError,
  StoreClosedError,
  StoreUnavailableError,
  WriteFailedError,
} from '../../store/storage.ts';

/** Upstream's NewTooLargeResourceVersionError: clients wait a second and ask again. */
export function tooLargeResourceVersion(requested: number, current: number): ApiError {
  return new ApiError(504, 'Timeout', `Timeout: Too large resource version: ${requested}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}

/** What the store throws about revisions, as the API says it; anything else unchanged. */
export function revisionError(error: unknown): unknown {
  if (error instanceof CompactedError)
    return expired(`too old resource version: ${error.requested} (${error.compacted})`);
  if (error instanceof FutureRevisionError) return tooLargeResourceVersion(error.requested, error.current);
  return error;
}

/**
 * A store that takes no writes or cannot be reached, as upstream says it: a full disk is an InternalError with etcd's
 * words, an unreachable etcd a ServerTimeout that clients try again. Anything else unchanged.
 */
export function storageFailure(error: unknown): unknown {
  if (error instanceof WriteFailedError) return internalError(error.message);
  if (error instanceof StoreUnavailableError || error instanceof StoreClosedError)
    return new ApiError(500, 'ServerTimeout', `${error.message}, please try again`, { retryAfterSeconds: 2 });
  return error;
}
