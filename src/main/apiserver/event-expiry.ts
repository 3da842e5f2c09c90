import { isNotFound } from '../../shared/api/errors.ts';
import type { Clock, Logger } from '../../shared/logger.ts';
import type { KindCatalog } from '../resources/catalog.ts';
import { RevisionMismatchError, type Storage, type StoredValue } from '../store/storage.ts';
import { prefixOf } from './registry/keys.ts';

/** Looked through between two turns of the event loop, and how often a round is made. */
const BATCH = 500;
const ROUND_MS = 60_000;

/** When an object was last written, as far as it says so itself: events carry their last sighting. */
export function lastTouchedMs(value: StoredValue): number {
  const { lastTimestamp, eventTime, series } = value as Record<string, unknown>;
  const observed = (series as { lastObservedTime?: unknown } | null | undefined)?.lastObservedTime;
  const created = value.metadata?.['creationTimestamp'];
  const times = [lastTimestamp, eventTime, observed, created].map((time) =>
    typeof time === 'string' ? Date.parse(time) : Number.NaN,
  );
  return Math.max(...times.filter((time) => !Number.isNaN(time)));
}

/** Forgets what has outlived its kind's `ttlSeconds`. Returns how many objects went. */
export async function expire(storage: Storage, catalog: KindCatalog, clock: Clock): Promise<number> {
  let forgotten = 0;
  for (const kind of catalog.kinds()) {
    // A second version of a resource is in the same place.
    if (kind.ttlSeconds === undefined || kind.storedAs) continue;
    const deadline = clock.now() - kind.ttlSeconds * 1000;
    const prefix = prefixOf(kind, '');
    let after: string | undefined;
    for (;;) {
      const page = await storage.list({ prefix, limit: BATCH, ...(after === undefined ? {} : { after }) });
      for (const item of page.items) {
        if (!(lastTouchedMs(item.value) < deadline)) continue;
        try {
          await storage.delete(item.key, item.modRevision, kind.durability);
          forgotten += 1;
        } catch (error) {
          // Written or deleted meanwhile: the next round looks again.
          if (!(error instanceof RevisionMismatchError) && !isNotFound(error)) throw error;
        }
      }
      after = page.items.at(-1)?.key;
      if (!page.more || after === undefined) break;
    }
  }
  return forgotten;
}

/** Makes a round each minute until the returned function is called. */
export function startExpiry(
  storage: Storage,
  catalog: KindCatalog,
  deps: { clock: Clock; log: Logger },
): () => Promise<void> {
  let running: Promise<void> = Promise.resolve();
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    running = expire(storage, catalog, deps.clock)
      .then((count) => {
        if (count > 0) deps.log.debug({ count }, 'expired objects forgotten');
      })
      .catch((error: unknown) => deps.log.warn({ error: String(error) }, 'expiry round failed'))
      .finally(() => (busy = false));
  }, ROUND_MS);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await running;
  };
}
