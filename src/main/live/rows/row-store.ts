import { keyOf, type KubeObject } from '../../../shared/api/meta.ts';
import type { Informer } from '../../../shared/client/informer.ts';
import type { LiveState } from '../../../shared/live/contract.ts';
import type { Clock } from '../../../shared/logger.ts';
import type { Row } from '../../../shared/view/rows.ts';
import { makeEntry, type Entry, type EntryChange } from './entry.ts';
import type { RowKind } from './row-kinds.ts';

/** Changes are gathered this long before anybody is told: many changes, one look. */
const BATCH_MS = 100;

/** Told of a batch; an empty one means that only what others add to the rows has changed. */
export type RowsListener = (changes: readonly EntryChange[]) => void;

/** The rows of one kind, kept from its informer. Only what changed is made anew, and only when somebody looks. */
export class RowStore {
  readonly #entries = new Map<string, Entry>();
  readonly #dirty = new Set<string>();
  readonly #listeners = new Set<RowsListener>();
  #timer: NodeJS.Timeout | undefined;
  #touched = false;
  #staleSince: number | undefined;

  constructor(
    readonly kind: RowKind,
    readonly informer: Informer<KubeObject>,
    private readonly clock: Clock,
    /** Adds what other kinds and metrics know of a row. */
    readonly decorate: (row: Row) => Row,
  ) {
    informer.onDidChange((change) => this.#noteChange(keyOf(change.object)), { replay: true });
    informer.onDidChangeState((state) => {
      this.#staleSince = state === 'stale' ? clock.now() : undefined;
      this.touch();
    });
    void informer.start().then(() => this.touch());
  }

  get state(): LiveState {
    return this.informer.state === 'starting' ? 'loading' : this.informer.state;
  }

  /** ISO time up to which the rows are known to be true. */
  get asOf(): string {
    return new Date(this.#staleSince ?? this.clock.now()).toISOString();
  }

  /** Current entries, up to date. */
  entries(): ReadonlyMap<string, Entry> {
    this.#settle();
    return this.#entries;
  }

  /** The listener hears each batch after all entries are up to date. Returns the way out. */
  listen(listener: RowsListener): () => void {
    this.#settle();
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What others add to the rows has changed. */
  touch(): void {
    this.#touched = true;
    this.#schedule();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#listeners.clear();
  }

  #noteChange(key: string): void {
    this.#dirty.add(key);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#listeners.size === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#settle();
    }, BATCH_MS);
  }

  #settle(): void {
    const changes: EntryChange[] = [];
    for (const key of this.#dirty) {
      const object = this.informer.get(key);
      const before = this.#entries.get(key);
      if (before && before.resourceVersion === object?.metadata?.resourceVersion) continue;
      const after = object && makeEntry(this.kind, object);
      if (after) this.#entries.set(key, after);
      else this.#entries.delete(key);
      if (before || after) changes.push({ before, after });
    }
    this.#dirty.clear();
    if (changes.length === 0 && !this.#touched) return;
    this.#touched = false;
    for (const listener of this.#listeners) listener(changes);
  }
}
