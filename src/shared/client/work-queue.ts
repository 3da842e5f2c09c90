import { Backoff } from './backoff.ts';
import { Fifo } from './fifo.ts';

/**
 * client-go's rate-limited work queue for string keys. Its guarantees: a key is never processed by two workers at
 * once; a key added while it waits is processed once; a key added while it is processed is processed again after.
 */
export class WorkQueue {
  readonly #ready = new Fifo<string>();
  readonly #dirty = new Set<string>();
  readonly #processing = new Set<string>();
  readonly #waiting = new Map<string, { at: number; timer: ReturnType<typeof setTimeout> }>();
  readonly #takers: ((key: string | undefined) => void)[] = [];
  readonly #backoff: Backoff;
  #closed = false;

  constructor(
    private readonly clock: { now(): number },
    options: { baseMs?: number; maxMs?: number } = {},
  ) {
    // client-go's default controller rate limiter: 5 ms doubling to 1000 s.
    this.#backoff = new Backoff(options.baseMs ?? 5, options.maxMs ?? 1_000_000);
  }

  get length(): number {
    return this.#ready.length;
  }

  add(key: string): void {
    if (this.#closed || this.#dirty.has(key)) return;
    this.#dirty.add(key);
    if (this.#processing.has(key)) return;
    const taker = this.#takers.shift();
    if (taker) taker(this.#start(key));
    else this.#ready.push(key);
  }

  /** Adds the key after `ms`; an earlier pending time wins. */
  addAfter(key: string, ms: number): void {
    if (this.#closed) return;
    if (ms <= 0) return this.add(key);
    const at = this.clock.now() + ms;
    const pending = this.#waiting.get(key);
    if (pending && pending.at <= at) return;
    if (pending) clearTimeout(pending.timer);
    // setTimeout holds 31 bits; a longer wait fires early, and the reconcile finds out that nothing is due.
    const timer = setTimeout(
      () => {
        this.#waiting.delete(key);
        this.add(key);
      },
      Math.min(ms, 2 ** 31 - 1),
    );
    this.#waiting.set(key, { at, timer });
  }

  /** Adds the key after its next back-off delay. */
  retry(key: string): void {
    this.addAfter(key, this.#backoff.next(key));
  }

  /** Ends a key's back-off after success. */
  forget(key: string): void {
    this.#backoff.forget(key);
  }

  failures(key: string): number {
    return this.#backoff.failures(key);
  }

  /** The next key, or undefined when the queue was closed. */
  take(): Promise<string | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    const key = this.#ready.shift();
    if (key !== undefined) return Promise.resolve(this.#start(key));
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  /** Must follow every `take`, whatever the outcome. */
  done(key: string): void {
    this.#processing.delete(key);
    if (!this.#dirty.has(key) || this.#closed) return;
    this.#dirty.delete(key);
    this.add(key);
  }

  close(): void {
    this.#closed = true;
    for (const { timer } of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
    for (const taker of this.#takers.splice(0)) taker(undefined);
  }

  #start(key: string): string {
    this.#dirty.delete(key);
    this.#processing.add(key);
    return key;
  }
}
