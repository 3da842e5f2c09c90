/** The first wait after a connection was lost; it doubles up to the last one. */
const FIRST_MS = 1000;
const LAST_MS = 30_000;

/**
 * How long to wait before try number `failures` (from 0), with jitter: half of it is random, so that many machines
 * behind one router do not all come at once. `random` is in [0, 1).
 */
export function reconnectDelayMs(failures: number, random: number): number {
  const full = Math.min(FIRST_MS * 2 ** failures, LAST_MS);
  return full / 2 + (full / 2) * random;
}
