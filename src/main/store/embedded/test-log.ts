import type { Logger } from '../../../shared/logger.ts';

const nothing = (): void => undefined;

/** A logger for tests whose store is expected to have something to say. */
export const silentLog: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
