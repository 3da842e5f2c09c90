import { messageOf } from '../../shared/api/errors.ts';

/** Docker's own words, without what dockerode puts around them: `(HTTP code 404) no such image - WORDS `. */
export function dockerMessage(error: unknown): string {
  const message = messageOf(error);
  return (/^\(HTTP code \d+\) .*? - (.*?) ?$/s.exec(message)?.[1] ?? message).trim();
}

/** The HTTP status of a failed Docker call; undefined when Docker did not answer. */
export function dockerStatus(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return undefined;
  return typeof error.statusCode === 'number' ? error.statusCode : undefined;
}

/** Whether the error says that Docker itself cannot be reached, and not that it refused. */
export const isDockerDown = (error: unknown): boolean => dockerStatus(error) === undefined;
