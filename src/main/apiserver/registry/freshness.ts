import { setTimeout as sleep } from 'node:timers/promises';
import { badRequest } from '../../../shared/api/errors.ts';
import type { Storage } from '../../store/storage.ts';
import { tooLargeResourceVersion } from './storage-errors.ts';

/** How long upstream's watch cache waits for a revision it has not seen (blockTimeout). */
const WAIT_MS = 3000;
const POLL_MS = 50;

/** Reads a resourceVersion: undefined when absent, else a number. Throws 400 on anything else. */
export function revisionOf(text: string | null, field = 'resourceVersion'): number | undefined {
  if (text === null || text === '') return undefined;
  if (!/^\d{1,16}$/.test(text))
    throw badRequest(
      `invalid ${field}: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  return Number(text);
}

/** Resolves when the store has reached `revision`; 504 after three seconds. */
export async function waitForRevision(storage: Storage, revision: number, signal: AbortSignal): Promise<void> {
  for (let waited = 0; storage.revision < revision; waited += POLL_MS) {
    if (waited >= WAIT_MS || signal.aborted) throw tooLargeResourceVersion(revision, storage.revision);
    await sleep(POLL_MS);
  }
}
