import type { EndpointSlice, Service } from '../../shared/api/kinds.ts';
import { delay } from '../../shared/client/backoff.ts';
import type { Logger } from '../../shared/logger.ts';
import { CommandError, type RunCommand } from '../network/run-command.ts';
import { TABLE } from './base-table.ts';
import { asRuleSet, damage, hasBase, parseListing, type ObservedTable } from './observed-table.ts';
import { EMPTY, Renderer, type ProxyNode, type RuleSet } from './render.ts';
import { frontendsChanged, parseFlows, staleFlows } from './stale-flows.ts';
import { replacement, transaction } from './transaction.ts';

/** What there is to proxy. Objects that have not changed must be the same ones. */
export interface ProxyState {
  services: Iterable<Service>;
  slicesOf: (service: string) => readonly EndpointSlice[];
  node: ProxyNode;
}

export interface ServiceProxyDeps {
  /** nft and conntrack, acting on the machine's network. */
  run: RunCommand;
  /** undefined: not known yet; what is in the kernel stays. */
  state: () => ProxyState | undefined;
  /** Called after each sync with what is now in force. */
  onSynced?: (state: ProxyState, tookMs: number) => void;
  /** Milliseconds of a clock that only runs forward. */
  elapsed: () => number;
  log: Logger;
}

/** How often the table is looked for: another program's `flush ruleset` costs Services this long at most. */
const LOOK_MS = 5_000;
/** How often all of it is compared (kube-proxy's --nftables-sync-period), and at most how much time that may take. */
const COMPARE_MS = 30_000;
const COMPARE_SHARE = 50;
/** Changes that come together are made together. */
const GATHER_MS = 20;
const RETRY_MS = 1_000;

/** Keeps the kernel's rules as Services and their endpoints ask, and puts them right when others change them. */
export class ServiceProxy {
  readonly #abort = new AbortController();
  readonly #renderer = new Renderer();
  #applied: RuleSet | undefined;
  #udp: RuleSet['udp'] | undefined;
  #dirty = true;
  #wake: () => void = () => undefined;
  #lookedAt = 0;
  #comparedAt = 0;
  #compareTookMs = 0;
  #running: Promise<void> = Promise.resolve();

  constructor(private readonly deps: ServiceProxyDeps) {}

  start(): void {
    this.#running = this.#loop();
  }

  /** Stops looking; the rules stay, and with them the Services. */
  async stop(): Promise<void> {
    this.#abort.abort();
    this.#wake();
    await this.#running;
  }

  /** Something may have changed. */
  poke(): void {
    this.#dirty = true;
    this.#wake();
  }

  async #loop(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      const start = this.deps.elapsed();
      try {
        await this.#look();
        if (this.#dirty || !this.#applied) await this.#sync();
      } catch (error) {
        this.#applied = undefined;
        this.deps.log.error({ err: error }, 'cannot set the rules of Services');
        await delay(RETRY_MS, signal);
      }
      // As long a rest as the work took, so that a storm of changes never takes more than half of a core.
      await delay(Math.max(GATHER_MS, this.deps.elapsed() - start), signal);
      if (!this.#dirty) await this.#pause();
    }
  }

  async #pause(): Promise<void> {
    if (this.#abort.signal.aborted) return;
    const poked = new Promise<void>((resolve) => (this.#wake = resolve));
    const timer = new AbortController();
    await Promise.race([poked, delay(LOOK_MS, timer.signal)]);
    timer.abort();
  }

  async #sync(): Promise<void> {
    const state = this.deps.state();
    this.#dirty = false;
    if (!state) return;
    const start = this.deps.elapsed();
    const desired = this.#renderer.render(state.services, state.slicesOf, state.node);
    const commands = this.#applied ? transaction(desired, this.#applied) : await this.#fromWhatIsThere(desired);
    if (commands !== '') await this.deps.run('nft', ['-f', '-'], commands);
    this.#applied = desired;
    await this.#endStaleFlows(desired.udp);
    this.deps.onSynced?.(state, this.deps.elapsed() - start);
  }

  /** An earlier agent's table is taken over, with the clients that it remembers; anything else is replaced. */
  async #fromWhatIsThere(desired: RuleSet): Promise<string> {
    const observed = await this.#list();
    return observed && hasBase(observed) ? transaction(desired, asRuleSet(observed)) : replacement(desired);
  }

  async #look(): Promise<void> {
    const { elapsed, log } = this.deps;
    if (!this.#applied || elapsed() - this.#lookedAt < LOOK_MS) return;
    this.#lookedAt = elapsed();
    const tables = await this.deps.run('nft', ['list', 'tables']);
    const there = tables.split('\n').includes(`table ${TABLE}`);
    if (there && elapsed() - this.#comparedAt < Math.max(COMPARE_MS, COMPARE_SHARE * this.#compareTookMs)) return;
    const why = there ? await this.#compare(this.#applied) : 'the table is gone';
    if (why === undefined) return;
    log.warn({ why }, 'rules of Services were changed by another program; putting them right');
    this.#applied = undefined;
  }

  async #compare(applied: RuleSet): Promise<string | undefined> {
    const start = this.deps.elapsed();
    const observed = await this.#list();
    this.#comparedAt = this.deps.elapsed();
    this.#compareTookMs = this.#comparedAt - start;
    return observed ? damage(observed, applied) : 'the table is gone';
  }

  async #list(): Promise<ObservedTable | undefined> {
    try {
      return parseListing(await this.deps.run('nft', ['-s', 'list', 'table', ...TABLE.split(' ')]));
    } catch (error) {
      if (error instanceof CommandError) return undefined;
      throw error;
    }
  }

  async #endStaleFlows(now: RuleSet['udp']): Promise<void> {
    const before = this.#udp;
    if (before && !frontendsChanged(before, now)) return;
    try {
      const flows = parseFlows(await this.deps.run('conntrack', ['-L', '-p', 'udp']));
      for (const args of staleFlows(flows, before ?? EMPTY.udp, now)) await this.#endFlows(args);
      this.#udp = now;
    } catch (error) {
      // The rules stand; flows are looked at again with the next change.
      this.deps.log.warn({ err: error }, 'cannot end UDP flows to endpoints that are gone');
    }
  }

  async #endFlows(args: string[]): Promise<void> {
    try {
      await this.deps.run('conntrack', args);
    } catch (error) {
      // It exits with 1 when there was nothing left to delete.
      if (!(error instanceof CommandError && error.code === 1)) throw error;
    }
  }
}
