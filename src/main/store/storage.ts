/**
 * What the API server needs of a store: etcd's idea, cut to size. One revision counter for everything; every write
 * makes a new revision; writes are compare-and-swap; reads and watches go by key prefix.
 *
 * Keys are `/GROUP/PLURAL/NAMESPACE/NAME` (namespaced) or `/GROUP/PLURAL/NAME`; the core group is written `core`.
 * So a prefix that ends in `/` is a kind, or a namespace of a kind, and listing one never looks at others.
 */

/** A JSON object as stored. Frozen deeply and shared: never changed in place. The store stamps `metadata.resourceVersion`. */
export type StoredValue = Readonly<Record<string, unknown>> & { readonly metadata?: Readonly<Record<string, unknown>> };

export interface StoredObject {
  readonly key: string;
  readonly value: StoredValue;
  readonly createRevision: number;
  readonly modRevision: number;
}

/**
 * `durable`: on disk (fsync) before the write resolves. `coalesced` (leases, events): visible at once, on disk within
 * a second or so; a power cut may lose the last of them, never anything else.
 */
export type Durability = 'durable' | 'coalesced';

export interface ListRange {
  /** Keys with this prefix, in byte order. */
  prefix: string;
  /** Only keys after this one (exclusive): the continue position. */
  after?: string;
  limit?: number;
  /** The state as of this revision; default: now. Throws CompactedError / FutureRevisionError. */
  revision?: number;
}

export interface ListPage {
  items: StoredObject[];
  /** The revision the page shows. */
  revision: number;
  /** Whether keys remain after the last item. */
  more: boolean;
  /** How many remain after the last item. */
  remaining: number;
}

export interface StorageEvent {
  readonly type: 'create' | 'update' | 'delete';
  readonly key: string;
  readonly revision: number;
  /** The value after the write; for a delete the last value, stamped with the delete's revision. */
  readonly value: StoredValue;
  /** The value before the write; absent on create. */
  readonly previous?: StoredValue | undefined;
  /**
   * The JSON text of `value`, made once however many watchers ask.
   */
  json(): string;
}

/** A running watch. Events come in revision order, each exactly once, none left out. */
export interface StorageWatch extends AsyncIterable<StorageEvent[]> {
  /** Ends the watch; the iteration completes. */
  close(): void;
}

export interface WatchRange {
  prefix: string;
  /** Events with a revision greater than this. 0 is not special: pass the list's revision. */
  afterRevision: number;
}

export interface Storage {
  /** The revision of the last write. Never goes back, over restarts and crashes too. */
  readonly revision: number;
  /** The oldest revision a watch can start after or a list can be read at. */
  readonly compactedRevision: number;
  get(key: string): Promise<StoredObject | undefined>;
  list(range: ListRange): Promise<ListPage>;
  /** Number of keys under a prefix. */
  count(prefix: string): Promise<number>;
  /** Throws KeyExistsError. Takes ownership of `value` and freezes it. */
  create(key: string, value: StoredValue, durability?: Durability): Promise<StoredObject>;
  /** Throws RevisionMismatchError (with the current object) unless the key's modRevision is `expected`. */
  update(key: string, value: StoredValue, expected: number, durability?: Durability): Promise<StoredObject>;
  /** As update. Returns the revision of the delete and the last value, stamped with that revision. */
  delete(key: string, expected: number, durability?: Durability): Promise<StoredObject>;
  /**
   * Watches from a revision on. Throws CompactedError when those events are gone. A watcher that falls too far behind
   * has its iteration fail with CompactedError rather than miss an event or hold memory without end.
   */
  watch(range: WatchRange): StorageWatch;
  /** Resolves when everything written so far, coalesced writes too, is on disk. */
  flush(): Promise<void>;
  /** Flushes and releases everything. */
  close(): Promise<void>;
}

export class KeyExistsError extends Error {
  constructor(readonly key: string) {
    super(`key exists: ${key}`);
  }
}

export class RevisionMismatchError extends Error {
  /** `current` is undefined when the key does not exist. */
  constructor(
    readonly key: string,
    readonly current: StoredObject | undefined,
  ) {
    super(`revision mismatch: ${key}`);
  }
}

export class CompactedError extends Error {
  constructor(
    readonly requested: number,
    readonly compacted: number,
  ) {
    super(`required revision ${requested} has been compacted (oldest is ${compacted})`);
  }
}

export class FutureRevisionError extends Error {
  constructor(
    readonly requested: number,
    readonly current: number,
  ) {
    super(`required revision ${requested} is a future revision (current is ${current})`);
  }
}

/** The write was refused for want of space or by a failing disk: nothing was changed, and it may be tried again. */
export class WriteFailedError extends Error {
  constructor(reason: string, cause?: unknown) {
    super(`the write was not stored: ${reason}`, { cause });
    this.name = 'WriteFailedError';
  }
}

/** The store cannot be reached at the moment. A write that meets it may or may not have been stored. */
export class StoreUnavailableError extends Error {
  constructor(reason: string, cause?: unknown) {
    super(`the store cannot be reached: ${reason}`, { cause });
    this.name = 'StoreUnavailableError';
  }
}

/** The store was closed. */
export class StoreClosedError extends Error {
  constructor() {
    super('the store is closed');
    this.name = 'StoreClosedError';
  }
}
