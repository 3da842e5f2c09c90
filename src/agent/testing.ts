import type { Logger } from '../shared/logger.ts';

// What several tests of the agent need.

const ignore = (): void => undefined;
export const SILENT: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/** Resolves with what `look` finds once it is something; a look that fails is tried again. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  tries = 5_000,
): Promise<T> {
  let last: unknown;
  for (let attempt = 0; attempt < tries; attempt += 1) {
    try {
      const seen = await look();
      if (seen !== undefined && seen !== false) return seen;
      last = seen;
    } catch (error) {
      last = error;
    }
    await new Promise<void>((resolve) => setTimeout(resolve, attempt < 100 ? 0 : 1));
  }
  throw new Error(
    `waited in vain for ${what}; last seen: ${last instanceof Error ? last.message : JSON.stringify(last)}`,
  );
}
