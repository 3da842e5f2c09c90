import { messageOf } from '../../../shared/api/errors.ts';
import type { Logger } from '../../../shared/logger.ts';
import type { Pki } from './pki.ts';

/** A certificate lives for a year: an hour late is early enough, and a computer that slept catches up soon. */
const CHECK_MS = 3_600_000;

/**
 * Sees to it that the API server always shows a certificate that is less than two thirds through its life, without a
 * restart: `install` is called with every new one. Returns what stops it.
 */
export function rotateServing(
  pki: Pick<Pki, 'renewServing'>,
  install: () => void,
  log: Logger,
  checkMs = CHECK_MS,
): () => void {
  let checking = false;
  const check = async (): Promise<void> => {
    if (checking) return;
    checking = true;
    try {
      if (!(await pki.renewServing())) return;
      install();
      log.info({}, 'serving certificate renewed');
    } catch (error) {
      // The old one is good for a third of its life yet.
      log.warn({ error: messageOf(error) }, 'serving certificate could not be renewed; trying again');
    } finally {
      checking = false;
    }
  };
  const timer = setInterval(() => void check(), checkMs);
  timer.unref();
  return () => clearInterval(timer);
}
