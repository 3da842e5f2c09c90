import { messageOf } from '../../shared/api/errors.ts';
import { AnswerCache } from './answer-cache.ts';
import type { Query } from './message.ts';
import { isTruncated, keepSeconds, rcodeOf, readdressed } from './raw-answer.ts';
import type { Exchange } from './upstream-exchange.ts';

export interface ForwarderDeps {
  /** The machine's resolvers, as they are now, without us. */
  upstreams: () => Promise<readonly string[]>;
  exchange: Exchange;
  /** Milliseconds of a clock that only runs forward. */
  elapsed: () => number;
  onOutcome?: (outcome: 'hit' | 'miss' | 'failed') => void;
}

export type Forwarded = { kind: 'answered'; message: Buffer } | { kind: 'failed'; why: string };

/** CoreDNS's `max_concurrent` of kubeadm's Corefile. */
const MOST_AT_ONCE = 1_000;
/** A resolver that did not answer is asked last for this long. */
const REST_MS = 10_000;

/**
 * Asks the machine's own resolvers what the cluster does not know, and keeps their answers. One question is under way
 * once, however many ask it: should a resolver's way lead back to us, its question waits for itself and ends with the
 * time-out, instead of going round for ever.
 */
export class Forwarder {
  readonly #cache: AnswerCache;
  readonly #underWay = new Map<string, Promise<Buffer>>();
  readonly #restsUntil = new Map<string, number>();

  constructor(private readonly deps: ForwarderDeps) {
    this.#cache = new AnswerCache(deps.elapsed);
  }

  async forward(query: Query, transport: 'udp' | 'tcp'): Promise<Forwarded> {
    const key = `${transport} ${query.bytes.toString('latin1', 2).toLowerCase()}`;
    const kept = this.#cache.get(key);
    this.deps.onOutcome?.(kept ? 'hit' : 'miss');
    if (kept)
      return { kind: 'answered', message: readdressed(kept.message, query.bytes, query.questionEnd, kept.ageSeconds) };
    try {
      const message = await this.#once(key, query, transport);
      return { kind: 'answered', message: readdressed(message, query.bytes, query.questionEnd, 0) };
    } catch (error) {
      this.deps.onOutcome?.('failed');
      return { kind: 'failed', why: messageOf(error) };
    }
  }

  #once(key: string, query: Query, transport: 'udp' | 'tcp'): Promise<Buffer> {
    const pending = this.#underWay.get(key);
    if (pending) return pending;
    if (this.#underWay.size >= MOST_AT_ONCE) return Promise.reject(new Error('too many questions under way'));
    const asked = this.#ask(query, transport)
      .then((message) => {
        // Failures of others are theirs to mend: asked anew each time. A cut answer has its time with the whole one.
        if (rcodeOf(message) === 0 || rcodeOf(message) === 3) {
          if (!isTruncated(message)) this.#cache.keep(key, message, keepSeconds(message));
        }
        return message;
      })
      .finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, asked);
    return asked;
  }

  /** Each resolver in turn, those that are silent last; what cannot be said over UDP is asked again over TCP. */
  async #ask(query: Query, transport: 'udp' | 'tcp'): Promise<Buffer> {
    const now = this.deps.elapsed();
    const rests = (server: string): number => Number((this.#restsUntil.get(server) ?? 0) > now);
    const servers = [...(await this.deps.upstreams())].sort((a, b) => rests(a) - rests(b));
    let failure: unknown = new Error('the machine has no resolver');
    for (const server of servers) {
      try {
        const message = await this.deps.exchange(server, query, 'udp');
        this.#restsUntil.delete(server);
        return isTruncated(message) && transport === 'tcp' ? await this.deps.exchange(server, query, 'tcp') : message;
      } catch (error) {
        this.#restsUntil.set(server, this.deps.elapsed() + REST_MS);
        failure = error;
      }
    }
    throw failure;
  }
}
