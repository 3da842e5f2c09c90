/**
 * Nodes that wait for their NoExecute taint, first come first served, at a rate (upstream RateLimitedTimedQueue: a
 * token bucket of one token). Rate 0 lets none through.
 */
export class TaintQueue {
  readonly #waiting = new Set<string>();
  #tokens = 1;
  #filledAt: number;
  #rate = 0;

  constructor(now: number) {
    this.#filledAt = now;
  }

  add(node: string): void {
    this.#waiting.add(node);
  }

  remove(node: string): void {
    this.#waiting.delete(node);
  }

  /** Nodes a second from now on. */
  setRate(rate: number, now: number): void {
    if (rate === this.#rate) return;
    this.#fill(now);
    this.#rate = rate;
  }

  /** The nodes that may be tainted now. They leave the queue. */
  take(now: number): string[] {
    this.#fill(now);
    const taken: string[] = [];
    if (this.#rate === 0) return taken;
    for (const node of this.#waiting) {
      if (this.#tokens < 1) break;
      this.#tokens -= 1;
      this.#waiting.delete(node);
      taken.push(node);
    }
    return taken;
  }

  #fill(now: number): void {
    this.#tokens = Math.min(1, this.#tokens + (Math.max(0, now - this.#filledAt) / 1000) * this.#rate);
    this.#filledAt = now;
  }
}
