import { isApiError, messageOf } from '../../../shared/api/errors.ts';

/** An error in three sentences: what happened, why, what to do; and the whole answer to copy. */
export interface ErrorText {
  title: string;
  reason: string;
  remedy?: string;
  details?: string;
}

const REMEDY: Record<string, string> = {
  Unauthorized: 'Sign in again with the link that the start of Wheelhouse printed.',
  Forbidden: 'Someone who may grant rights here can give you this one.',
  NotFound: 'It may have been deleted meanwhile. The list shows what there is now.',
  AlreadyExists: 'Choose another name, or change the one that exists.',
  Conflict: 'Someone else changed it meanwhile. Look at its newest state, then try again.',
  Invalid: 'Correct what is named above and try again.',
  ServiceUnavailable: 'The connection is being made again by itself; try again once the top bar says "live".',
  InternalError: 'The details help whoever looks into it; the log of Wheelhouse has more.',
};

/** Puts an error into words. `title` says what was being done: "Could not scale web". */
export function errorText(title: string, error: unknown): ErrorText {
  if (!isApiError(error)) return { title, reason: messageOf(error) };
  const remedy = REMEDY[error.reason];
  return {
    title,
    reason: error.message,
    ...(remedy ? { remedy } : {}),
    details: JSON.stringify(error.status, null, 2),
  };
}
