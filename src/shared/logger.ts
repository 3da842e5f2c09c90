/** Structured logging: constant messages, changing values as fields. Secrets are never fields. Implemented by pino in the main process and the agent. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Wall clock, passed in so that rules about time can be tested without waiting. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}
