import { ApiError } from '../../../shared/api/errors.ts';
import type { RequestInfo } from '../request-info.ts';

export interface FlowLimits {
  /** Requests carried out at once (upstream's max-requests-inflight and max-mutating-requests-inflight). */
  readOnly: number;
  mutating: number;
  /** Requests of one user that may wait (upstream's queueLengthLimit). */
  queueLength: number;
  /** How long one may wait (upstream: a quarter of the 60 s a request may take). */
  waitMs: number;
}

export const FLOW_LIMITS: FlowLimits = { readOnly: 400, mutating: 200, queueLength: 50, waitMs: 15_000 };

const READ_VERBS: ReadonlySet<string> = new Set(['get', 'list', 'watch']);
const LONG_SUBRESOURCES: ReadonlySet<string> = new Set(['attach', 'exec', 'proxy', 'log', 'portforward']);
const PROBES = /^\/(healthz|livez|readyz)(\/|$)/;

/** Streams last as long as their client: they take no seat (upstream's long-running check). */
export const isLongRunning = (info: Pick<RequestInfo, 'verb' | 'subresource'>): boolean =>
  info.verb === 'watch' || LONG_SUBRESOURCES.has(info.subresource);

/** Whether a request may have to wait. Probes must tell the truth about a busy server. */
export const isLimited = (info: Pick<RequestInfo, 'verb' | 'subresource' | 'path'>): boolean =>
  !isLongRunning(info) && !PROBES.test(info.path);

export const isMutating = (info: Pick<RequestInfo, 'verb'>): boolean => !READ_VERBS.has(info.verb);

interface Waiter {
  admit(): void;
}

/** One limit. Who waits is let in user by user in turn, so that one user's many requests do not hold up the others'. */
class Seats {
  executing = 0;
  /** In the order in which users have their turn. */
  readonly #queues = new Map<string, Waiter[]>();

  constructor(
    private readonly limit: number,
    private readonly limits: FlowLimits,
  ) {}

  /** Resolves when the request may go on. Rejects with why not. */
  take(user: string, signal: AbortSignal): Promise<void> {
    if (this.executing < this.limit) {
      this.executing += 1;
      return Promise.resolve();
    }
    const queue = this.#queues.get(user) ?? [];
    if (queue.length >= this.limits.queueLength) return Promise.reject(new Rejection('queue-full'));
    return new Promise((resolve, reject) => {
      const leave = (reason: string): void => {
        settle();
        const place = queue.indexOf(waiter);
        if (place >= 0) queue.splice(place, 1);
        if (queue.length === 0) this.#queues.delete(user);
        reject(new Rejection(reason));
      };
      const timer = setTimeout(() => leave('time-out'), this.limits.waitMs);
      const gone = (): void => leave('cancelled');
      const settle = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', gone);
      };
      const waiter: Waiter = {
        admit() {
          settle();
          resolve();
        },
      };
      signal.addEventListener('abort', gone);
      queue.push(waiter);
      this.#queues.set(user, queue);
    });
  }

  /** The seat goes to the user whose turn it is. */
  give(): void {
    const [next] = this.#queues;
    if (!next) {
      this.executing -= 1;
      return;
    }
    const [user, queue] = next;
    const waiter = queue.shift();
    this.#queues.delete(user);
    if (queue.length > 0) this.#queues.set(user, queue);
    waiter?.admit();
  }
}

class Rejection extends Error {
  constructor(readonly reason: string) {
    super(reason);
  }
}

/** How many requests are carried out at once, and who waits: upstream's priority and fairness with one level. */
export class FlowControl {
  readonly #readOnly: Seats;
  readonly #mutating: Seats;

  constructor(
    limits: FlowLimits,
    private readonly onRejected: (priorityLevel: string, reason: string) => void,
  ) {
    this.#readOnly = new Seats(limits.readOnly, limits);
    this.#mutating = new Seats(limits.mutating, limits);
  }

  /** Resolves with what to call at the end. Throws 429 with Retry-After when too many wait already. */
  async enter(user: string, mutating: boolean, signal: AbortSignal): Promise<() => void> {
    const seats = mutating ? this.#mutating : this.#readOnly;
    try {
      await seats.take(user, signal);
    } catch (error) {
      if (!(error instanceof Rejection)) throw error;
      this.onRejected('global-default', error.reason);
      throw new ApiError(429, 'TooManyRequests', 'Too many requests, please try again later.', {
        retryAfterSeconds: 1,
      });
    }
    return () => seats.give();
  }

  inFlight(): { readOnly: number; mutating: number } {
    return { readOnly: this.#readOnly.executing, mutating: this.#mutating.executing };
  }
}
