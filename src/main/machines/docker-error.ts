import { messageOf } from '../../shared/api/errors.ts';

/** The HTTP status of an error of dockerode, or undefined when Docker was not even reached. */
export function statusCodeOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return undefined;
  return typeof error.statusCode === 'number' ? error.statusCode : undefined;
}

/** Docker's own words: dockerode wraps them as `(HTTP code 404) no such container - WORDS `. */
export function dockerMessage(error: unknown): string {
  const message = messageOf(error);
  return (/^\(HTTP code \d+\) .*? - ([\s\S]*?) ?$/.exec(message)?.[1] ?? message).trim();
}
