import { isApiError, messageOf, serviceUnavailable } from '../../shared/api/errors.ts';
import type { Status } from '../../shared/api/meta.ts';

/** Any failure as a Status: the API's own, or that it could not be reached. */
export function statusOf(error: unknown): Status {
  return isApiError(error) ? error.status : serviceUnavailable(messageOf(error)).status;
}
