import { isNotFound } from '../api/errors.ts';
import { apiVersionOf, LEASES, type Lease } from '../api/kinds.ts';
import type { Clock } from '../logger.ts';
import type { ApiClient } from './api-client.ts';
import { delay } from './backoff.ts';

export interface LeaderElectionOptions {
  /** The Lease that is held, and where. */
  name: string;
  namespace: string;
  /** This candidate; unique, and written into the Lease for all to see. */
  identity: string;
  /** A Lease not renewed for so long may be taken by another. Upstream's --leader-elect-lease-duration. */
  leaseMs: number;
  /** A leader that could not renew for so long gives up; less than `leaseMs`. Upstream's --leader-elect-renew-deadline. */
  renewDeadlineMs: number;
  /** Between two renewals. Upstream's --leader-elect-retry-period. */
  retryMs: number;
  /**
   * Between two looks of a candidate at the Lease. client-go looks each retry period, so that its clock for the Lease
   * may start up to two of those after the renewal; looking more often gives the Lease away closer to its end.
   */
  observeMs: number;
}

/** kube-controller-manager's and kube-scheduler's own. */
export const LEADER_ELECTION_DEFAULTS: Pick<
  LeaderElectionOptions,
  'leaseMs' | 'renewDeadlineMs' | 'retryMs' | 'observeMs'
> = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000, observeMs: 2_000 };

export interface LeaderElectionEvents {
  /** A candidate, this one too, was seen to lead. */
  onNewLeader?(identity: string): void;
  /** The Lease could not be read or written; it is tried again. */
  onError?(error: unknown): void;
}

/** The Lease as last seen, and when that was by our own clock: other clocks are never trusted. */
interface Observed {
  lease: Lease;
  at: number;
}

/** JitterFactor of client-go: candidates spread over 1 to 2.2 of the period. */
const JITTER = 1.2;

/**
 * One candidate for a coordination.k8s.io Lease, with client-go's rules (tools/leaderelection): the Lease is taken
 * when it is free or has not been seen to change for its duration, and kept by renewing it. At most one candidate
 * leads, as long as clocks run at about the same speed.
 */
export class LeaderElector {
  #observed: Observed | undefined;
  #renewedAt = -Infinity;
  #reported: string | undefined;

  constructor(
    private readonly deps: { client: ApiClient; clock: Clock; random: () => number },
    private readonly options: LeaderElectionOptions,
    private readonly events: LeaderElectionEvents = {},
  ) {
    if (options.leaseMs <= options.renewDeadlineMs) throw new Error('leaseMs must be greater than renewDeadlineMs');
    if (options.renewDeadlineMs <= JITTER * options.retryMs)
      throw new Error('renewDeadlineMs must be greater than retryMs * 1.2');
  }

  /** Who leads as far as we know; empty: nobody. */
  get leader(): string {
    return this.#observed?.lease.spec?.holderIdentity ?? '';
  }

  /** Whether we lead beyond doubt: our last renewal is younger than the Lease's life. False at once when it is not. */
  isLeader(): boolean {
    return this.#holds() && this.deps.clock.now() - this.#renewedAt < this.options.leaseMs;
  }

  /** Resolves true when the Lease is ours, false when `signal` aborted before. */
  async acquire(signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      if (await this.#try(signal)) return true;
      await delay(this.#untilNextLook(), signal);
    }
    return false;
  }

  /** Renews what was acquired; resolves when it is lost, or when `signal` aborts (the Lease is then still ours). */
  async renew(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await delay(this.options.retryMs, signal);
      if (signal.aborted) return;
      const renewed = await this.#try(signal);
      if (renewed) continue;
      if (!this.#holds() || this.deps.clock.now() - this.#renewedAt >= this.options.renewDeadlineMs) return;
    }
  }

  /** Gives the Lease back, so that the next candidate need not wait for its end (ReleaseOnCancel). */
  async release(): Promise<void> {
    const observed = this.#observed;
    if (!observed || !this.#holds()) return;
    this.#renewedAt = -Infinity;
    const now = this.deps.clock.now();
    const spec = { ...observed.lease.spec, ...timesOf(now, now), holderIdentity: '', leaseDurationSeconds: 1 };
    try {
      this.#observe(await this.deps.client.update(LEASES, { ...observed.lease, spec }));
    } catch (error) {
      // Not given back: it ends by itself.
      this.events.onError?.(error);
    }
  }

  #holds(): boolean {
    return this.leader === this.options.identity;
  }

  /** client-go's tryAcquireOrRenew: whether the Lease is ours afterwards. */
  async #try(signal: AbortSignal): Promise<boolean> {
    const now = this.deps.clock.now();
    const { renewDeadlineMs } = this.options;
    const waiting = new AbortController();
    const stopWaiting = (): void => waiting.abort();
    signal.addEventListener('abort', stopWaiting, { once: true });
    const late = delay(renewDeadlineMs, waiting.signal).then(() => {
      if (!waiting.signal.aborted) throw new Error(`the Lease did not answer within ${renewDeadlineMs} ms`);
      return false;
    });
    try {
      const taken = await Promise.race([this.#acquireOrRenew(now), late]);
      if (taken) this.#renewedAt = now;
      return taken;
    } catch (error) {
      this.events.onError?.(error);
      return false;
    } finally {
      signal.removeEventListener('abort', stopWaiting);
      stopWaiting();
    }
  }

  async #acquireOrRenew(now: number): Promise<boolean> {
    const { client } = this.deps;
    const { name, namespace } = this.options;
    let current: Lease;
    try {
      current = await client.get(LEASES, name, namespace);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      const made: Lease = {
        apiVersion: apiVersionOf(LEASES),
        kind: LEASES.kind,
        metadata: { name, namespace },
        spec: { ...this.#claim(now, now), leaseTransitions: 0 },
      };
      this.#observe(await client.create(LEASES, made, namespace));
      return true;
    }
    this.#observe(current);
    const holder = current.spec?.holderIdentity ?? '';
    const ours = holder === this.options.identity;
    if (holder !== '' && !ours && this.#endsAt() > now) return false;
    const acquired = ours ? Date.parse(current.spec?.acquireTime ?? '') || now : now;
    const transitions = (current.spec?.leaseTransitions ?? 0) + (ours ? 0 : 1);
    const spec = { ...current.spec, ...this.#claim(now, acquired), leaseTransitions: transitions };
    this.#observe(await client.update(LEASES, { ...current, spec }));
    return true;
  }

  #claim(now: number, acquired: number): NonNullable<Lease['spec']> {
    const { identity, leaseMs } = this.options;
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.floor(leaseMs / 1000),
      ...timesOf(now, acquired),
    };
  }

  #observe(lease: Lease): void {
    const changed = lease.metadata?.resourceVersion !== this.#observed?.lease.metadata?.resourceVersion;
    if (changed) this.#observed = { lease, at: this.deps.clock.now() };
    const { leader } = this;
    if (leader === this.#reported) return;
    this.#reported = leader;
    if (leader !== '') this.events.onNewLeader?.(leader);
  }

  /** When the Lease as observed may be taken, by our clock. */
  #endsAt(): number {
    if (!this.#observed) return -Infinity;
    return this.#observed.at + 1000 * (this.#observed.lease.spec?.leaseDurationSeconds ?? 0);
  }

  /** A jittered period, or shorter: until the Lease ends. */
  #untilNextLook(): number {
    const period = this.options.observeMs * (1 + JITTER * this.deps.random());
    const left = this.#endsAt() - this.deps.clock.now();
    return left > 0 ? Math.min(period, left + 1) : period;
  }
}

/** MicroTime, as Leases have it. */
const timesOf = (renewed: number, acquired: number): { renewTime: string; acquireTime: string } => ({
  renewTime: microTime(renewed),
  acquireTime: microTime(acquired),
});

const microTime = (ms: number): string => new Date(ms).toISOString().replace('Z', '000Z');
