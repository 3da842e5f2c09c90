import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../../shared/logger.ts';
import {
  CompactedError,
  FutureRevisionError,
  type ListPage,
  type ListRange,
  type StoredObject,
  type StorageWatch,
  type WatchRange,
} from '../storage.ts';
import type { CommittedEvent } from './committed-event.ts';
import { EventWindow, type WindowBounds } from './event-window.ts';
import type { KeyIndex } from './key-index.ts';
import { listAt } from './list-at.ts';
import { WatchHub } from './watch-hub.ts';
import { Watcher } from './watcher.ts';

/** Parsing values that nobody has asked for yet may take this long before other work gets its turn. */
const SLICE_MS = 8;

export interface MemoryBounds extends WindowBounds {
  /** Events a watcher may leave unread before it is ended with CompactedError. */
  watcherBacklog: number;
}

/**
 * What is committed, the last events, and who watches: the half of a store that reads. Fed in revision order by
 * whoever knows what is durable.
 */
export class MemoryState {
  readonly hub = new WatchHub();
  #index: KeyIndex;
  #window: EventWindow;
  #revision: number;

  constructor(
    index: KeyIndex,
    startRevision: number,
    private readonly bounds: MemoryBounds,
    private readonly clock: Clock,
  ) {
    this.#index = index;
    this.#revision = startRevision;
    this.#window = new EventWindow(bounds, startRevision);
  }

  get index(): KeyIndex {
    return this.#index;
  }

  get window(): EventWindow {
    return this.#window;
  }

  get revision(): number {
    return this.#revision;
  }

  commit(event: CommittedEvent): void {
    if (event.type === 'delete') this.#index.delete(event.key);
    else this.#index.put(event.slot);
    this.#revision = event.revision;
    this.#window.add(event);
    this.hub.dispatch(event, this.#window.compactedRevision);
  }

  /** After all events of a group. */
  committed(): void {
    this.#window.trim(this.clock.now());
  }

  /** Begins anew from another state: what happened in between is not known, so every watcher is told to list again. */
  reset(index: KeyIndex, revision: number): void {
    const gone = this.#revision;
    this.#index = index;
    this.#revision = revision;
    this.#window = new EventWindow(this.bounds, revision);
    this.hub.failAll(new CompactedError(gone, revision));
  }

  /** A page as it is or was. Throws FutureRevisionError, CompactedError. */
  async list(range: ListRange): Promise<ListPage> {
    const revision = range.revision ?? this.#revision;
    const { compactedRevision } = this.#window;
    if (revision > this.#revision) throw new FutureRevisionError(revision, this.#revision);
    if (revision < compactedRevision) throw new CompactedError(revision, compactedRevision);
    const { slots, remaining } = listAt(this, { ...range, revision });
    const items: StoredObject[] = [];
    let sliceEnd = performance.now() + SLICE_MS;
    for (const slot of slots) {
      items.push(slot.object);
      if ((items.length & 63) !== 0 || performance.now() < sliceEnd) continue;
      await nextTurn();
      sliceEnd = performance.now() + SLICE_MS;
    }
    return { items, revision, more: remaining > 0, remaining };
  }

  /** Throws CompactedError. */
  watch(range: WatchRange): StorageWatch {
    const { prefix, afterRevision } = range;
    const { compactedRevision } = this.#window;
    if (afterRevision < compactedRevision) throw new CompactedError(afterRevision, compactedRevision);
    const caughtUp = this.#window.after(prefix, afterRevision);
    const { watcherBacklog } = this.bounds;
    const watcher = new Watcher(prefix, watcherBacklog, caughtUp, afterRevision, (ended) => this.hub.remove(ended));
    this.hub.add(watcher);
    return watcher;
  }
}
