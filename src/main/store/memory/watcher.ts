import { CompactedError, type StorageEvent, type StorageWatch } from '../storage.ts';

/**
 * One watch: a queue of references to events between the store and a reader. It never holds more than its backlog,
 * nor an event that the window has let go: a reader that slow is told to list again.
 */
export class Watcher implements StorageWatch {
  #queue: StorageEvent[] = [];
  #wake: (() => void) | undefined;
  #failure: Error | undefined;
  #closed = false;

  constructor(
    readonly prefix: string,
    private readonly backlog: number,
    caughtUp: StorageEvent[],
    private readonly afterRevision: number,
    private readonly onEnd: (watcher: Watcher) => void,
  ) {
    this.#queue = caughtUp;
  }

  /** Takes an event; `compacted` is the oldest revision the window still reaches. */
  push(event: StorageEvent, compacted: number): void {
    if (event.revision <= this.afterRevision) return;
    const oldest = this.#queue[0]?.revision;
    if (this.#queue.length >= this.backlog || (oldest !== undefined && oldest <= compacted)) {
      this.#end(new CompactedError(oldest ?? event.revision, compacted));
      return;
    }
    this.#queue.push(event);
    this.#wake?.();
  }

  close(): void {
    this.#end(undefined);
  }

  /** Ends the iteration with this error. */
  fail(error: Error): void {
    this.#end(error);
  }

  #end(failure: Error | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#failure = failure;
    this.#queue = [];
    this.onEnd(this);
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<StorageEvent[]> {
    try {
      for (;;) {
        while (this.#queue.length === 0 && !this.#closed) {
          await new Promise<void>((resolve) => (this.#wake = resolve));
          this.#wake = undefined;
        }
        if (this.#failure) throw this.#failure;
        if (this.#closed) return;
        const batch = this.#queue;
        this.#queue = [];
        yield batch;
      }
    } finally {
      this.close();
    }
  }
}
