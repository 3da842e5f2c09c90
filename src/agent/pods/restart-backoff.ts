/** The kubelet's back-off, of restarts and of image pulls alike (client-go util/flowcontrol): 10 s doubling to 5 min. */
export const INITIAL_BACKOFF_MS = 10_000;
export const MAX_BACKOFF_MS = 300_000;

export interface BackoffEntry {
  delayMs: number;
  /** When the last try was made. */
  lastUpdate: number;
}

/** A thing that failed later than twice the maximum after its last try starts over. */
const expired = (entry: BackoffEntry, eventTime: number): boolean => eventTime - entry.lastUpdate > 2 * MAX_BACKOFF_MS;

/**
 * When something that failed at `eventTime` may be tried again; at once (`eventTime`) without an entry.
 */
export function retryAt(entry: BackoffEntry | undefined, eventTime: number): number {
  return entry === undefined || expired(entry, eventTime) ? eventTime : eventTime + entry.delayMs;
}

/** The entry after one more try at `now` of something that failed at `eventTime`. */
export function nextBackoff(entry: BackoffEntry | undefined, eventTime: number, now: number): BackoffEntry {
  const delayMs =
    entry === undefined || expired(entry, eventTime) ? INITIAL_BACKOFF_MS : Math.min(entry.delayMs * 2, MAX_BACKOFF_MS);
  return { delayMs, lastUpdate: now };
}
