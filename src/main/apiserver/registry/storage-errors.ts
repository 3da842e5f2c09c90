import { ApiError, expired } from '../../../shared/api/errors.ts';
import { CompactedError, FutureRevisionError } from '../../store/storage.ts';

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
