import pino from 'pino';
import type { Logger } from '../../shared/logger.ts';

/** Logs as JSON lines to standard error, which leaves standard output to the one `ready` line. */
export function createLogger(level = process.env['WHEELHOUSE_LOG'] ?? 'warn'): Logger {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  );
}
