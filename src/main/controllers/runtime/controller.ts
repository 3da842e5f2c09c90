import { isConflict, messageOf } from '../../../shared/api/errors.ts';
import type { KubeObject } from '../../../shared/api/meta.ts';
import type { Change, Informer } from '../../../shared/client/informer.ts';
import { WorkQueue } from '../../../shared/client/work-queue.ts';
import type { Clock, Logger } from '../../../shared/logger.ts';

/** Comes back to a key after this long although nothing changed. */
export interface Requeue {
  afterMs: number;
}

/** An error that trying again cannot mend: told once, not retried until the object changes. */
export class TerminalError extends Error {}

export interface ControllerOptions {
  name: string;
  /** Keys reconciled at once (default 5, as most upstream controllers). One key is never reconciled twice at once. */
  concurrency?: number;
  /**
   * Makes the world agree with one key. Level-triggered: it may run at any time and again, after an error too.
   * Throws to be retried with back-off.
   */
  reconcile(key: string, signal: AbortSignal): Promise<Requeue | undefined>;
}

/** The loop of every controller, written once: informers fill the queue with keys, workers reconcile them. */
export class Controller {
  readonly #queue: WorkQueue;
  readonly #abort = new AbortController();
  readonly #detach: (() => void)[] = [];
  #workers: Promise<void>[] = [];

  constructor(
    private readonly deps: { clock: Clock; log: Logger },
    private readonly options: ControllerOptions,
  ) {
    this.#queue = new WorkQueue(deps.clock);
  }

  get name(): string {
    return this.options.name;
  }

  /** Every change of the kind, and every object that is there already, enqueues the keys that `keysOf` names. */
  watch<T extends KubeObject>(informer: Informer<T>, keysOf: (change: Change<T>) => Iterable<string>): this {
    const enqueue = (change: Change<T>): void => {
      for (const key of keysOf(change)) this.#queue.add(key);
    };
    this.#detach.push(informer.onDidChange(enqueue, { replay: true }));
    return this;
  }

  enqueue(key: string): void {
    this.#queue.add(key);
  }

  enqueueAfter(key: string, ms: number): void {
    this.#queue.addAfter(key, ms);
  }

  /** Starts the workers. The informers must have their first list, or reconciling would act on half a world. */
  start(): void {
    this.#workers = Array.from({ length: this.options.concurrency ?? 5 }, () => this.#work());
  }

  /** Stops taking keys and resolves when what is running has ended. */
  async stop(): Promise<void> {
    for (const detach of this.#detach.splice(0)) detach();
    this.#abort.abort();
    this.#queue.close();
    await Promise.all(this.#workers);
  }

  async #work(): Promise<void> {
    for (let key = await this.#queue.take(); key !== undefined; key = await this.#queue.take()) {
      await this.#process(key);
      this.#queue.done(key);
    }
  }

  async #process(key: string): Promise<void> {
    try {
      const requeue = await this.options.reconcile(key, this.#abort.signal);
      this.#queue.forget(key);
      if (requeue) this.#queue.addAfter(key, requeue.afterMs);
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      this.#report(key, error);
      if (error instanceof TerminalError) this.#queue.forget(key);
      else this.#queue.retry(key);
    }
  }

  #report(key: string, error: unknown): void {
    const fields = { controller: this.name, key, failures: this.#queue.failures(key), err: messageOf(error) };
    // A conflict only says that the cache was behind: the next try sees the newer object.
    if (isConflict(error)) this.deps.log.debug(fields, 'reconcile lost a race; trying again');
    else this.deps.log.warn(fields, 'reconcile failed');
  }
}
