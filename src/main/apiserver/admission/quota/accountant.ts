import { internalError } from '../../../../shared/api/errors.ts';
import type { ResourceQuota } from '../../../../shared/api/kinds.ts';
import { RevisionMismatchError } from '../../../store/storage.ts';
import { checkRequest, type Charge } from './check-request.ts';

/** Where quotas are kept: read from memory, written by compare-and-swap. */
export interface QuotaStore {
  /** The quotas of a namespace; never changed in place. */
  list(namespace: string): Promise<readonly ResourceQuota[]>;
  /** Writes `status.used` over the version that was read. Throws RevisionMismatchError with what is there. */
  write(quota: ResourceQuota): Promise<void>;
}

interface Waiter {
  charge: Charge;
  dryRun: boolean;
  resolve(refused: string | undefined): void;
  reject(error: unknown): void;
}

/** Each lost race means that another writer, nearly always the quota controller, was faster. */
const ATTEMPTS = 20;

/**
 * Charges quotas atomically. What comes in for a namespace while a write is under way is settled together in the next
 * one, so that many creates at once cost few writes and never race each other (upstream's quotaEvaluator).
 */
export class Accountant {
  readonly #waiting = new Map<string, Waiter[]>();

  constructor(
    private readonly store: QuotaStore,
    private readonly clock: { now(): number },
  ) {}

  /** Resolves when the charge is on record, with undefined, or with why there is no room for it. */
  charge(namespace: string, charge: Charge, dryRun: boolean): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { charge, dryRun, resolve, reject };
      const waiting = this.#waiting.get(namespace);
      if (waiting) {
        waiting.push(waiter);
        return;
      }
      this.#waiting.set(namespace, [waiter]);
      void this.#work(namespace);
    });
  }

  async #work(namespace: string): Promise<void> {
    for (let batch = this.#take(namespace); batch.length > 0; batch = this.#take(namespace)) {
      try {
        await this.#settle(await this.store.list(namespace), batch, ATTEMPTS);
      } catch (error) {
        for (const waiter of batch) waiter.reject(error);
      }
    }
    this.#waiting.delete(namespace);
  }

  #take(namespace: string): Waiter[] {
    return this.#waiting.get(namespace)?.splice(0) ?? [];
  }

  /** Answers every waiter. After a lost race only the quotas that lost it are looked at again: the others are written. */
  async #settle(quotas: readonly ResourceQuota[], batch: readonly Waiter[], attempts: number): Promise<void> {
    let running = quotas;
    const admitted: Waiter[] = [];
    for (const waiter of batch) {
      const outcome = checkRequest(running, waiter.charge, this.clock.now());
      if ('refused' in outcome) waiter.resolve(outcome.refused);
      else if (waiter.dryRun || outcome.quotas === running) waiter.resolve(undefined);
      else {
        running = outcome.quotas;
        admitted.push(waiter);
      }
    }
    const changed = running.filter((quota, index) => quota !== quotas[index]);
    const lost = (await Promise.all(changed.map((quota) => this.#write(quota)))).flat();
    if (lost.length === 0) for (const waiter of admitted) waiter.resolve(undefined);
    else if (attempts > 1) await this.#settle(lost, admitted, attempts - 1);
    else throw internalError('resource quota evaluation timed out');
  }

  /** What is there instead when the race was lost; nothing when it was won, or the quota is gone. */
  async #write(quota: ResourceQuota): Promise<ResourceQuota[]> {
    try {
      await this.store.write(quota);
      return [];
    } catch (error) {
      if (!(error instanceof RevisionMismatchError)) throw error;
      return error.current ? [error.current.value as unknown as ResourceQuota] : [];
    }
  }
}
