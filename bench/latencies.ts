import { duration } from './report.ts';

/** Times of one kind of operation, in milliseconds. */
export class Latencies {
  readonly #all: number[] = [];
  #sorted = true;

  add(ms: number): void {
    this.#all.push(ms);
    this.#sorted = false;
  }

  get count(): number {
    return this.#all.length;
  }

  /** The value that a share (0 to 1) of all do not exceed: nearest rank, as `wrk` and `hey` print it. */
  percentile(share: number): number {
    if (!this.#sorted) this.#all.sort((a, b) => a - b);
    this.#sorted = true;
    return this.#all[Math.max(0, Math.ceil(this.#all.length * share) - 1)] ?? Number.NaN;
  }

  get p50(): number {
    return this.percentile(0.5);
  }

  get p99(): number {
    return this.percentile(0.99);
  }

  /** The two columns that nearly every table has. */
  columns(): { p50: string; p99: string } {
    return { p50: duration(this.p50), p99: duration(this.p99) };
  }

  /** Measures one operation and passes its result on. A rejection is passed on too, and not counted. */
  async time<T>(operation: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const result = await operation();
    this.add(performance.now() - startedAt);
    return result;
  }
}
