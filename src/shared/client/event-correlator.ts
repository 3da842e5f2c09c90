/** What makes two events alike (client-go tools/record/events_cache.go). */
export interface Occurrence {
  /** The object the event is about: kind, namespace, name and uid, and the field path when there is one. */
  about: string;
  type: string;
  reason: string;
  message: string;
}

/** What is to be written for an occurrence. */
export type Correlation =
  | { write: 'nothing' }
  | { write: 'new'; id: string; message: string }
  /** The event already written under this id happened again; `message` is its text now. */
  | { write: 'again'; id: string; message: string; count: number };

/** Upstream's defaults: defaultAggregateMaxEvents, defaultAggregateIntervalInSeconds, defaultSpamBurst, defaultSpamQPS, maxLruCacheEntries. */
const MAX_SIMILAR = 10;
const SIMILAR_WITHIN_MS = 600_000;
const BURST = 25;
const REFILL_MS = 300_000;
const MAX_ENTRIES = 4096;

interface Similar {
  messages: Set<string>;
  lastAt: number;
}

interface Bucket {
  tokens: number;
  filledAt: number;
}

/**
 * Keeps a busy object from flooding the events (client-go's EventCorrelator): the same event again raises a count;
 * more than ten events that differ only in their message within ten minutes become one, "(combined from similar
 * events)"; and an object gets 25 writes at once and then one in five minutes.
 */
export class EventCorrelator {
  readonly #similar = new Map<string, Similar>();
  readonly #counts = new Map<string, number>();
  readonly #buckets = new Map<string, Bucket>();

  /** `now` in milliseconds. */
  correlate(occurrence: Occurrence, now: number): Correlation {
    const { about, type, reason } = occurrence;
    const group = [about, type, reason].join('\0');
    const combined = this.#isCombined(group, occurrence.message, now);
    const id = combined ? group : [group, occurrence.message].join('\0');
    const message = combined ? `(combined from similar events): ${occurrence.message}` : occurrence.message;
    const count = (this.#counts.get(id) ?? 0) + 1;
    remember(this.#counts, id, count);
    if (!this.#mayWrite(about, now)) return { write: 'nothing' };
    return count === 1 ? { write: 'new', id, message } : { write: 'again', id, message, count };
  }

  /** The event is not there (any more): the next occurrence begins anew. */
  forget(id: string): void {
    this.#counts.delete(id);
  }

  #isCombined(group: string, message: string, now: number): boolean {
    const known = this.#similar.get(group);
    const similar =
      known && now - known.lastAt <= SIMILAR_WITHIN_MS ? known : { messages: new Set<string>(), lastAt: now };
    similar.lastAt = now;
    if (similar.messages.size < MAX_SIMILAR) similar.messages.add(message);
    remember(this.#similar, group, similar);
    return similar.messages.size >= MAX_SIMILAR;
  }

  #mayWrite(about: string, now: number): boolean {
    const bucket = this.#buckets.get(about) ?? { tokens: BURST, filledAt: now };
    bucket.tokens = Math.min(BURST, bucket.tokens + Math.max(0, now - bucket.filledAt) / REFILL_MS);
    bucket.filledAt = now;
    remember(this.#buckets, about, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}

/** Sets, and forgets the entry longest not set when there are too many. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > MAX_ENTRIES) map.delete(map.keys().next().value ?? '');
}
