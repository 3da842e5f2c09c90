import { ApiError } from '../../../shared/api/errors.ts';
import type { Status } from '../../../shared/api/meta.ts';
import type { StorageEvent, StoredValue } from '../../store/storage.ts';
import type { KindDefinition } from '../../resources/definition.ts';
import type { Selection } from './selection.ts';
import { servedValue } from './stored-version.ts';

/** One event of a watch, before it is put into words for the client. */
export type WatchItem =
  | {
      readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
      readonly value: StoredValue;
      /** The store's event when `value` is its value: what encodings are shared by. */
      readonly source?: StorageEvent;
    }
  | { readonly type: 'BOOKMARK'; readonly revision: number; readonly initialEventsEnd: boolean }
  | { readonly type: 'ERROR'; readonly status: Status };

/** An object's last state before it left the selection, at the revision it left by. */
function departed(previous: StoredValue, revision: number): StoredValue {
  return { ...previous, metadata: { ...previous.metadata, resourceVersion: String(revision) } };
}

/**
 * What a change means to a watcher with a selector: an object that comes to match is ADDED, one that no longer does is
 * DELETED, as it was. Undefined when the watcher never sees it.
 */
export function itemOf(kind: KindDefinition, event: StorageEvent, selection: Selection): WatchItem | undefined {
  const previous = event.previous && servedValue(kind, event.previous);
  const value = servedValue(kind, event.value);
  // The store's own text is that of the stored version.
  const shared = value === event.value ? { source: event } : {};
  const before = previous !== undefined && selection.matches(previous);
  if (event.type === 'delete') {
    const known = previous === undefined ? selection.matches(value) : before;
    return known ? { type: 'DELETED', value, ...shared } : undefined;
  }
  if (selection.matches(value)) return { type: before ? 'MODIFIED' : 'ADDED', value, ...shared };
  return before && previous ? { type: 'DELETED', value: departed(previous, event.revision) } : undefined;
}

/** An error as the last event of a watch. */
export function errorItem(error: unknown): WatchItem {
  const { status } = error instanceof ApiError ? error : new ApiError(500, 'InternalError', String(error));
  return { type: 'ERROR', status };
}
