import { delay } from '../../shared/client/backoff.ts';
import type { Logger } from '../../shared/logger.ts';
import { CommandError, type RunCommand } from '../network/run-command.ts';
import type { PolicyWorld } from './policy-world.ts';
import { renderPolicies, type NodeDns, type PolicyRules } from './render.ts';
import { replacement, TABLE, transaction } from './table.ts';

export interface PolicyEnforcerDeps {
  /** nft, acting on the machine's network. */
  run: RunCommand;
  /** undefined: not known yet; what is in the kernel stays. */
  world: () => PolicyWorld | undefined;
  /** undefined until the node has its range. */
  dns: () => NodeDns | undefined;
  log: Logger;
}

/** How often the table is compared with what was made of it: another program's `flush ruleset` opens pods this long at most. */
const LOOK_MS = 5_000;
/** Changes that come together are made together. */
const GATHER_MS = 20;
const RETRY_MS = 1_000;

/** Keeps the kernel's rules as the NetworkPolicies ask, and puts them right when others change them. */
export class PolicyEnforcer {
  readonly #abort = new AbortController();
  #applied: PolicyRules | undefined;
  /** How the kernel lists what was applied: sets have no elements of their own making, so it stays the same. */
  #listing: string | undefined;
  #dirty = true;
  #wake: () => void = () => undefined;
  #synced: Promise<void> = Promise.resolve();
  #running: Promise<void> = Promise.resolve();

  constructor(private readonly deps: PolicyEnforcerDeps) {}

  start(): void {
    this.#running = this.#loop();
  }

  /** Stops looking; the rules stay in force. */
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

  /** Resolves when the rules take everything into account that is known now: before a pod's first packet. */
  async settle(): Promise<void> {
    this.#dirty = true;
    await this.#sync();
  }

  async #loop(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      try {
        await this.#sync();
      } catch (error) {
        this.deps.log.error({ err: error }, 'cannot set the rules of NetworkPolicies');
        await delay(RETRY_MS, signal);
        continue;
      }
      await delay(GATHER_MS, signal);
      if (this.#dirty || signal.aborted) continue;
      await this.#pause();
      if (!this.#dirty) await this.#look();
    }
  }

  async #pause(): Promise<void> {
    const poked = new Promise<void>((resolve) => (this.#wake = resolve));
    const timer = new AbortController();
    await Promise.race([poked, delay(LOOK_MS, timer.signal)]);
    timer.abort();
  }

  /** One at a time: two transactions from one state would undo each other. */
  #sync(): Promise<void> {
    const turn = this.#synced.then(() => this.#apply());
    this.#synced = turn.catch(() => undefined);
    return turn;
  }

  async #apply(): Promise<void> {
    const [world, dns] = [this.deps.world(), this.deps.dns()];
    if (!this.#dirty || !world || !dns) return;
    this.#dirty = false;
    const desired = renderPolicies(world, dns);
    const commands = this.#applied ? transaction(desired, this.#applied) : replacement(desired);
    if (commands === '') return;
    try {
      await this.deps.run('nft', ['-f', '-'], commands);
    } catch (error) {
      // What the kernel has may not be what we think: the next attempt begins anew.
      this.#applied = undefined;
      this.#dirty = true;
      throw error;
    }
    this.#applied = desired;
    this.#listing = await this.#list();
  }

  async #look(): Promise<void> {
    if (!this.#applied || (await this.#list()) === this.#listing) return;
    this.deps.log.warn({}, 'rules of NetworkPolicies were changed by another program; putting them right');
    this.#applied = undefined;
    this.#dirty = true;
  }

  async #list(): Promise<string | undefined> {
    try {
      return await this.deps.run('nft', ['-s', 'list', 'table', ...TABLE.split(' ')]);
    } catch (error) {
      if (error instanceof CommandError) return undefined;
      throw error;
    }
  }
}
