import { readPreference, writePreference } from '../../../../ui/preferences.ts';

export const TAIL_SIZES = [200, 1000, 10_000, 100_000] as const;

/** How this user likes to read logs; the same for all of them, and remembered. */
export class LogSettings {
  #wrap = $state(readPreference('logs.wrap') === true);
  #timestamps = $state(readPreference('logs.timestamps') === true);
  #tail = $state(TAIL_SIZES.find((size) => size === readPreference('logs.tail')) ?? 1000);

  get wrap(): boolean {
    return this.#wrap;
  }

  set wrap(wrap: boolean) {
    this.#wrap = wrap;
    writePreference('logs.wrap', wrap);
  }

  get timestamps(): boolean {
    return this.#timestamps;
  }

  set timestamps(timestamps: boolean) {
    this.#timestamps = timestamps;
    writePreference('logs.timestamps', timestamps);
  }

  /** How many of the newest lines are fetched first. */
  get tail(): number {
    return this.#tail;
  }

  set tail(tail: number) {
    this.#tail = TAIL_SIZES.find((size) => size === tail) ?? 1000;
    writePreference('logs.tail', tail);
  }
}
