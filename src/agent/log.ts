import pino from 'pino';
import type { Logger } from '../shared/logger.ts';

/** JSON lines on standard output, where `docker logs` finds them. */
export function createLog(level: string): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime });
}
