import { serviceUnavailable } from '../../shared/api/errors.ts';
import { delay } from '../../shared/client/backoff.ts';
import { LeaderElector, type LeaderElectionOptions } from '../../shared/client/leader-election.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import type { Transport } from '../../shared/client/transport.ts';
import type { Clock, Logger } from '../../shared/logger.ts';

/**
 * Shorter than upstream's 15, 10 and 2 seconds, and candidates look twice a second: so that within 15 seconds of a kill
 * of the leader another's controllers are at work, not merely about to be started.
 */
export const LEADER_TIMES: Pick<LeaderElectionOptions, 'leaseMs' | 'renewDeadlineMs' | 'retryMs' | 'observeMs'> = {
  leaseMs: 10_000,
  renewDeadlineMs: 7_000,
  retryMs: 2_000,
  observeMs: 500,
};
/** After the parts could not be started, so that another control plane gets its turn. */
const PAUSE_MS = 5_000;

export interface Leads<T> {
  /** What runs here as long as we lead; undefined while another does, or while it starts or stops. */
  readonly current: T | undefined;
  /** Who leads; empty: nobody. */
  readonly leader: string;
  /** Whether we do, beyond doubt. */
  isLeader(): boolean;
  /** Resolves when it is settled for the first time who leads; when that is us, our parts run. */
  readonly settled: Promise<void>;
  /** Stops the parts, gives leadership back and resolves. */
  stop(): Promise<void>;
}

/** Starts `start` whenever this candidate comes to lead, and stops what it started when it does no longer. */
export function lead<T extends { stop(): Promise<void> }>(
  deps: { client: ApiClient; clock: Clock; log: Logger; random: () => number; identity: string },
  start: () => Promise<T>,
): Leads<T> {
  const { log, identity } = deps;
  const abort = new AbortController();
  const { signal } = abort;
  let settle: () => void = () => undefined;
  const settled = new Promise<void>((resolve) => (settle = resolve));
  let current: T | undefined;
  const elector = new LeaderElector(
    deps,
    { ...LEADER_TIMES, name: 'wheelhouse-control-plane', namespace: 'kube-system', identity },
    {
      onNewLeader: (leader) => {
        log.info({ leader }, 'a control plane leads');
        if (leader !== identity) settle();
      },
      onError: (error) => log.warn({ err: error }, 'the lease of the leader could not be read or renewed'),
    },
  );

  async function term(): Promise<void> {
    const over = new AbortController();
    const lost = elector.renew(AbortSignal.any([signal, over.signal]));
    try {
      current = await start();
      settle();
      await lost;
    } catch (error) {
      log.error({ err: error }, 'the controllers could not be started here');
    }
    const parts = current;
    current = undefined;
    await parts?.stop();
    over.abort();
    await lost;
    await elector.release();
    if (!signal.aborted) log.warn({}, 'this control plane leads no longer');
  }

  const running = (async (): Promise<void> => {
    while (await elector.acquire(signal)) {
      await term();
      await delay(PAUSE_MS, signal);
    }
  })();

  return {
    get current() {
      return current;
    },
    get leader() {
      return elector.leader;
    },
    isLeader: () => elector.isLeader(),
    settled,
    stop: async () => {
      abort.abort();
      await running;
    },
  };
}

/** A transport whose writes are refused once we lead no longer: what is still running then can do no harm. */
export function fenced(transport: Transport, isLeader: () => boolean): Transport {
  return {
    request: (request) =>
      request.method === 'GET' || isLeader()
        ? transport.request(request)
        : Promise.reject(serviceUnavailable('this control plane leads no longer')),
    watch: (request) => transport.watch(request),
    stream: (request) => transport.stream(request),
  };
}
