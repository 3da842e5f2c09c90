import { isApiError, invalid } from '../../../shared/api/errors.ts';
import type { KindDefinition } from '../../resources/definition.ts';
import { CompactedError, FutureRevisionError, type StorageEvent, type StorageWatch } from '../../store/storage.ts';
import { flagOf } from '../request-info.ts';
import type { RegistryContext } from './context.ts';
import { revisionOf, waitForRevision } from './freshness.ts';
import { keyFor, prefixOf } from './keys.ts';
import { Heartbeat } from './heartbeat.ts';
import { selectionOf, type Selection } from './selection.ts';
import { revisionError } from './storage-errors.ts';
import { servedValue } from './stored-version.ts';
import { errorItem, itemOf, type WatchItem } from './watch-event.ts';

/** Initial objects handed out at a time, so that a large start does not hold up everything else. */
const INITIAL_BATCH = 500;
/** Upstream ends a watch after 30 to 60 minutes when the client names no time (--min-request-timeout 1800). */
const LONGEST_SECONDS = 3600;
const SHORTEST_DEFAULT_SECONDS = 1800;
/** About each minute a watcher hears how far it is. */
const BOOKMARK_MS = 60_000;

interface WatchRequest {
  kind: KindDefinition;
  selection: Selection;
  prefix: string;
  after: number | undefined;
  bookmarks: boolean;
  /** Begin with the present objects as ADDED. */
  initialEvents: boolean;
  /** And say with a bookmark where they end. */
  markInitialEnd: boolean;
  timeoutMs: number;
}

/**
 * A watch on a kind. Bad parameters throw here; everything after arrives as events, failures as a last ERROR event.
 * Batches keep what became known together together.
 */
export function watchObjects(
  context: RegistryContext,
  kind: KindDefinition,
  namespace: string,
  query: URLSearchParams,
  signal: AbortSignal,
): AsyncIterable<WatchItem[]> {
  return run(context, watchRequestOf(context, kind, namespace, query), signal);
}

function watchRequestOf(
  context: RegistryContext,
  kind: KindDefinition,
  namespace: string,
  query: URLSearchParams,
): WatchRequest {
  const selection = selectionOf(kind, query);
  const bookmarks = flagOf(query, 'allowWatchBookmarks');
  const sendInitial = query.get('sendInitialEvents');
  const revision = revisionOf(query.get('resourceVersion'));
  const match = query.get('resourceVersionMatch') ?? '';
  const refuse = (field: string, message: string): never => {
    throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', [
      { reason: 'FieldValueForbidden', message: `Forbidden: ${message}`, field },
    ]);
  };
  if (sendInitial !== null && match !== 'NotOlderThan')
    refuse('resourceVersionMatch', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  if (sendInitial === null && match !== '')
    refuse('resourceVersionMatch', 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided');

  const seconds = Number(query.get('timeoutSeconds') ?? 0);
  const single = selection.name !== undefined && (namespace !== '' || !kind.type.namespaced);
  const initialEvents = sendInitial !== null ? flagOf(query, 'sendInitialEvents') : !revision;
  return {
    kind,
    selection,
    prefix: single ? keyFor(kind, namespace, selection.name ?? '') : prefixOf(kind, namespace),
    after: revision || undefined,
    bookmarks,
    initialEvents,
    markInitialEnd: initialEvents && sendInitial !== null && bookmarks,
    timeoutMs:
      1000 *
      (Number.isFinite(seconds) && seconds > 0
        ? Math.min(seconds, LONGEST_SECONDS)
        : SHORTEST_DEFAULT_SECONDS * (1 + context.random())),
  };
}

async function* run(
  context: RegistryContext,
  request: WatchRequest,
  signal: AbortSignal,
): AsyncGenerator<WatchItem[], void, undefined> {
  let watch: StorageWatch | undefined;
  const heartbeat = new Heartbeat(request.bookmarks ? BOOKMARK_MS : undefined, request.timeoutMs, signal);
  try {
    let reached = request.after;
    if (request.initialEvents) {
      if (request.after !== undefined) await waitForRevision(context.storage, request.after, signal);
      const page = await context.storage.list({ prefix: request.prefix });
      reached = page.revision;
      // Opened before anything is handed out: nothing may be compacted away while a slow client reads the start.
      watch = context.storage.watch({ prefix: request.prefix, afterRevision: page.revision });
      const matching = page.items
        .map(({ value }) => servedValue(request.kind, value))
        .filter((value) => request.selection.matches(value));
      for (let start = 0; start < matching.length; start += INITIAL_BATCH)
        yield matching.slice(start, start + INITIAL_BATCH).map((value) => ({ type: 'ADDED' as const, value }));
      if (request.markInitialEnd) yield [{ type: 'BOOKMARK', revision: page.revision, initialEventsEnd: true }];
    } else {
      reached ??= context.storage.revision;
      await waitForRevision(context.storage, reached, signal);
      watch = context.storage.watch({ prefix: request.prefix, afterRevision: reached });
    }
    yield* follow(context, request, watch, heartbeat);
  } catch (error) {
    if (!isExpected(error)) throw error;
    if (!signal.aborted) yield [errorItem(revisionError(error))];
  } finally {
    heartbeat.stop();
    watch?.close();
  }
}

const isExpected = (error: unknown): boolean =>
  isApiError(error) || error instanceof CompactedError || error instanceof FutureRevisionError;

/** Hands on what the store says, with bookmarks between, until the time is up or the client is gone. */
async function* follow(
  context: RegistryContext,
  request: WatchRequest,
  watch: StorageWatch,
  heartbeat: Heartbeat,
): AsyncGenerator<WatchItem[], void, undefined> {
  const events = watch[Symbol.asyncIterator]();
  const read = (): Promise<IteratorResult<StorageEvent[]>> => {
    const result = events.next();
    // When the consumer leaves, the pending read ends with the watch; it must not become an unhandled rejection.
    result.catch(() => undefined);
    return result;
  };
  let next = read();
  for (;;) {
    const woken = await heartbeat.raceWith(next);
    if (woken.type === 'aborted') return;
    if (woken.type === 'value') {
      if (woken.value.done) return;
      next = read();
      const items = woken.value.value.flatMap((event) => itemOf(request.kind, event, request.selection) ?? []);
      if (items.length > 0) yield items;
      continue;
    }
    // Everything up to this revision has been handed on when no event turns up by the next turn of the loop.
    const revision = context.storage.revision;
    if (request.bookmarks && (await heartbeat.isIdle(next)))
      yield [{ type: 'BOOKMARK', revision, initialEventsEnd: false }];
    if (woken.type === 'timeout') return;
  }
}
