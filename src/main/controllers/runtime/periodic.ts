import { messageOf } from '../../../shared/api/errors.ts';
import { delay } from '../../../shared/client/backoff.ts';
import type { Logger } from '../../../shared/logger.ts';

/** Runs a task again and again, `periodMs` after the last run ended, until stopped. An error is logged and not fatal. */
export class Periodic {
  readonly #abort = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(
    private readonly log: Logger,
    private readonly options: { name: string; periodMs: number; run(signal: AbortSignal): Promise<void> },
  ) {}

  get name(): string {
    return this.options.name;
  }

  start(): void {
    this.#running = this.#loop();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  async #loop(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      try {
        await this.options.run(signal);
      } catch (error) {
        this.log.warn({ controller: this.name, err: messageOf(error) }, 'periodic run failed');
      }
      await delay(this.options.periodMs, signal);
    }
  }
}
