import { setImmediate as nextTurn } from 'node:timers/promises';

export type Woken<T> = { type: 'value'; value: T } | { type: 'tick' } | { type: 'timeout' } | { type: 'aborted' };

/**
 * The clockwork of one watch: wakes its loop for bookmarks, at the end of its time and when the client is gone, while a
 * read of the store is pending. One promise is shared by all races, so that a long watch does not pile up listeners.
 */
export class Heartbeat {
  readonly #ticker: NodeJS.Timeout | undefined;
  readonly #deadline: NodeJS.Timeout;
  readonly #onAbort = (): void => this.#wake('aborted');
  #pending: 'tick' | 'timeout' | 'aborted' | undefined;
  #resolve: (() => void) | undefined;

  constructor(
    tickMs: number | undefined,
    timeoutMs: number,
    private readonly signal: AbortSignal,
  ) {
    this.#ticker = tickMs === undefined ? undefined : setInterval(() => this.#wake('tick'), tickMs);
    this.#deadline = setTimeout(() => this.#wake('timeout'), timeoutMs);
    signal.addEventListener('abort', this.#onAbort, { once: true });
    if (signal.aborted) this.#wake('aborted');
  }

  /** Whichever comes first. A value that is already there wins over a tick, never over the end. */
  async raceWith<T>(read: Promise<T>): Promise<Woken<T>> {
    if (this.#pending === undefined) {
      let settled: { value: T } | undefined;
      const woken = new Promise<void>((resolve) => (this.#resolve = resolve));
      await Promise.race([read.then((value) => void (settled = { value })), woken]);
      this.#resolve = undefined;
      if (settled) return { type: 'value', value: (settled as { value: T }).value };
    }
    const type = this.#pending ?? 'tick';
    this.#pending = undefined;
    return { type };
  }

  /** Whether `read` is still pending after a full turn of the event loop. */
  async isIdle(read: Promise<unknown>): Promise<boolean> {
    let settled = false;
    const settle = (): void => void (settled = true);
    read.then(settle, settle);
    await nextTurn();
    await nextTurn();
    return !settled;
  }

  stop(): void {
    clearInterval(this.#ticker);
    clearTimeout(this.#deadline);
    this.signal.removeEventListener('abort', this.#onAbort);
  }

  #wake(type: 'tick' | 'timeout' | 'aborted'): void {
    // The end is not overwritten by a tick that comes with it.
    if (this.#pending !== 'aborted' && this.#pending !== 'timeout') this.#pending = type;
    this.#resolve?.();
  }
}
