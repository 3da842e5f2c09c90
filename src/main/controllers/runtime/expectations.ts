import type { Clock } from '../../../shared/logger.ts';

/** Upstream's ExpectationsTimeout: after this a lost watch event is assumed and the cache is believed again. */
export const EXPECTATIONS_TIMEOUT_MS = 5 * 60_000;

interface Expected {
  creations: number;
  /** uids of objects we deleted and still see. */
  deletions: Set<string>;
  since: number;
}

/**
 * What a controller has done and its cache has not shown yet (upstream UIDTrackingControllerExpectations). While a
 * key's expectations are open the cache is behind our own writes, and counting on it would create or delete twice.
 */
export class Expectations {
  readonly #expected = new Map<string, Expected>();

  constructor(private readonly clock: Clock) {}

  /** Whether the cache has caught up with everything done for `key` (or so much time has passed that it must have). */
  satisfied(key: string): boolean {
    const expected = this.#expected.get(key);
    if (!expected) return true;
    if (expected.creations <= 0 && expected.deletions.size === 0) return true;
    return this.clock.now() - expected.since > EXPECTATIONS_TIMEOUT_MS;
  }

  /** To be called before the creates are sent: the event may arrive before the answer. */
  expectCreations(key: string, count: number): void {
    this.#expected.set(key, { creations: count, deletions: new Set(), since: this.clock.now() });
  }

  expectDeletions(key: string, uids: Iterable<string>): void {
    this.#expected.set(key, { creations: 0, deletions: new Set(uids), since: this.clock.now() });
  }

  /** One creation was seen, or failed and will never be. */
  creationObserved(key: string): void {
    const expected = this.#expected.get(key);
    if (expected) expected.creations -= 1;
  }

  deletionObserved(key: string, uid: string): void {
    this.#expected.get(key)?.deletions.delete(uid);
  }

  forget(key: string): void {
    this.#expected.delete(key);
  }
}
