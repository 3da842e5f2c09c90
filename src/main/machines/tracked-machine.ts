import type { Session } from './join/session.ts';
import type { StatusWriter } from './status-writer.ts';

/** What the controller remembers of one Machine between two looks at it. */
export class TrackedMachine {
  session: Session | undefined;
  /** Ends the attempt or removal under way. */
  abort: AbortController | undefined;
  /** What the attempt under way was made from. */
  attempting: string | undefined;
  /** What the last attempt was made from, if it failed for good: it is not repeated until something of this changes. */
  failedFrom: string | undefined;
  /** Failures in a row that are worth another try. */
  failures = 0;
  #retry: { from: string; at: number } | undefined;

  constructor(readonly writer: StatusWriter) {}

  /** Runs `work` with a signal that `cancel` aborts. */
  async attempt<T>(madeFrom: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const abort = new AbortController();
    this.abort = abort;
    this.attempting = madeFrom;
    try {
      return await work(abort.signal);
    } finally {
      this.abort = undefined;
      this.attempting = undefined;
    }
  }

  cancel(reason: string): void {
    this.abort?.abort(new Error(reason));
  }

  succeeded(session: Session): void {
    this.session = session;
    this.failedFrom = undefined;
    this.failures = 0;
    this.#retry = undefined;
  }

  /** Worth another try, not before `at` (ms since the epoch), unless it is made from something else. */
  retryLater(from: string, at: number): void {
    this.failures += 1;
    this.#retry = { from, at };
  }

  /** Milliseconds until the next try of what is made from `from`. */
  waitMs(from: string, now: number): number {
    return this.#retry?.from === from ? Math.max(0, this.#retry.at - now) : 0;
  }

  /** The wait for the next try is over. */
  retryNow(): void {
    this.#retry = undefined;
  }

  /** Something outside has changed for the better: the next look is an attempt, also after a failure for good. */
  tryNow(): void {
    this.failedFrom = undefined;
    this.retryNow();
  }

  async disconnect(): Promise<void> {
    const { session } = this;
    this.session = undefined;
    await session?.close();
  }
}
