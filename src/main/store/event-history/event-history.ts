import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock, Logger } from '../../../shared/logger.ts';
import { CompactedError, type Storage, type StorageWatch, type StoredObject } from '../storage.ts';
import { HistoryLog } from './history-log.ts';
import { HISTORY_BOUNDS, type HistoryBounds } from './segments.ts';

const EVENTS = '/core/events/';
const RETRY_MS = 5_000;

interface Deps {
  storage: Pick<Storage, 'list' | 'watch' | 'revision'>;
  dir: string;
  clock: Clock;
  log: Logger;
  bounds?: HistoryBounds;
}

/**
 * Keeps every event on disk beyond the hour it lives in the API: seven days or 64 MB in lines of JSON, read back by
 * `readEventHistory`. Follows the store from where the last process left off; a disk that takes nothing costs the
 * history, never the store. Resolves when it has begun; call the result to end it.
 */
export async function startEventHistory(deps: Deps): Promise<() => Promise<void>> {
  const history = await HistoryLog.open(deps.dir, deps.bounds ?? HISTORY_BOUNDS);
  // Another store than the one that was recorded: its revisions say nothing about ours.
  if (history.lastRevision > deps.storage.revision) history.lastRevision = 0;
  const abort = new AbortController();
  let watch: StorageWatch | undefined;

  async function record(events: readonly StoredObject[]): Promise<void> {
    const fresh = events.filter(({ modRevision }) => modRevision > history.lastRevision);
    if (fresh.length > 0) await history.append(fresh, deps.clock.now());
  }

  async function follow(): Promise<void> {
    const { items, revision } = await deps.storage.list({ prefix: EVENTS });
    await record(items.sort((a, b) => a.modRevision - b.modRevision));
    if (abort.signal.aborted) return;
    watch = deps.storage.watch({ prefix: EVENTS, afterRevision: revision });
    for await (const batch of watch) {
      const written = batch.filter(({ type }) => type !== 'delete');
      await record(
        written.map(({ key, value, revision: at }) => ({ key, value, createRevision: at, modRevision: at })),
      );
    }
  }

  const running = (async (): Promise<void> => {
    while (!abort.signal.aborted) {
      try {
        await follow();
        // The store was closed, or we were.
        return;
      } catch (error) {
        if (error instanceof CompactedError) continue;
        deps.log.warn({ err: error }, 'events are not recorded in the history at the moment');
        await sleep(RETRY_MS, undefined, { signal: abort.signal }).catch(() => undefined);
      }
    }
  })();

  return async () => {
    abort.abort();
    watch?.close();
    await running;
    await history.close();
  };
}
