// Waiting for conditions, never for a fixed time.
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Resolves with the first truthy value of `probe`, asked again every few milliseconds. After `timeoutMs` it rejects
 * and names what was awaited and the last error.
 */
export async function until<T>(
  what: string,
  probe: () => T | Promise<T>,
  { timeoutMs = 30_000, everyMs = 25 }: { timeoutMs?: number; everyMs?: number } = {},
): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  do {
    try {
      const value = await probe();
      if (value) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await delay(everyMs);
  } while (performance.now() < deadline);
  throw new Error(`gave up waiting for ${what} after ${timeoutMs} ms`, { cause: last });
}
