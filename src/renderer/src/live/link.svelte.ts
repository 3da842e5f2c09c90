import { createSubscriber } from 'svelte/reactivity';
import { SvelteMap } from 'svelte/reactivity';
import type { LiveState } from '../../../shared/live/contract.ts';
import { clock } from '../ui/clock.svelte.ts';
import type { LinkState, LiveClient } from './live-client.ts';

/** What one subscription knows of the truth of its data. */
export interface Freshness {
  state: LiveState;
  /** ISO time. */
  asOf: string;
}

/**
 * How old what is on the page is: the state of the connection, and of the watches in the main process behind the
 * subscriptions on the page. The worst of them is what the user must know.
 */
export class Link {
  readonly #subscribe: () => void;
  readonly #reports = new SvelteMap<number, Freshness>();
  #nextKey = 1;

  constructor(readonly client: LiveClient) {
    this.#subscribe = createSubscriber((update) => client.onDidChangeState(update));
  }

  get state(): LinkState {
    this.#subscribe();
    const own = this.client.state;
    if (own !== 'live') return own;
    return [...this.#reports.values()].some((report) => report.state === 'stale') ? 'stale' : 'live';
  }

  /** Ms since the epoch up to which everything on the page is known to be true. Ticks with the clock. */
  get asOf(): number {
    this.#subscribe();
    // The last word from the other side moves without an event: the clock's tick looks at it.
    const heard = Math.min(clock.now, this.client.heardAt);
    const stale = [...this.#reports.values()].filter((report) => report.state === 'stale' && report.asOf !== '');
    return Math.min(heard, ...stale.map((report) => Date.parse(report.asOf)));
  }

  /** A subscription's place to say how fresh it is; `end` when it closes. */
  reporter(): { report(freshness: Freshness): void; end(): void } {
    const key = this.#nextKey++;
    return {
      report: (freshness) => {
        const last = this.#reports.get(key);
        // Only a change of state re-draws the page's age: messages come many times a second.
        if (last?.state !== freshness.state) this.#reports.set(key, freshness);
      },
      end: () => this.#reports.delete(key),
    };
  }
}
