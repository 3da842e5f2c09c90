import { createSubscriber } from 'svelte/reactivity';

/**
 * The time, for what is shown relative to it. Ticks once a second, only while something on screen reads it, and all
 * readers share the one timer.
 */
export class Clock {
  readonly #subscribe = createSubscriber((update) => {
    const timer = setInterval(update, 1000);
    return () => clearInterval(timer);
  });

  /** Milliseconds since the epoch; reading it in markup or `$derived` keeps that up to date. */
  get now(): number {
    this.#subscribe();
    return Date.now();
  }
}

export const clock = new Clock();
