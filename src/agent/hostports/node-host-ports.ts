import { delay } from '../../shared/client/backoff.ts';
import type { Logger } from '../../shared/logger.ts';
import { CommandError, type RunCommand } from '../network/run-command.ts';
import { hostPortTable, TABLE, type LocalPod } from './host-ports.ts';

export interface NodeHostPortsDeps {
  /** nft, acting on the machine's network. */
  run: RunCommand;
  /** The pods of this machine that have an address. */
  local: () => LocalPod[];
  log: Logger;
}

/** How often the kernel is asked whether another program has flushed the table, and pods that have gone are noticed. */
const LOOK_MS = 5_000;

/** Keeps the machine's ports leading to the pods that asked for them. */
export class NodeHostPorts {
  readonly #abort = new AbortController();
  #applied: string | undefined;
  #settled: Promise<void> = Promise.resolve();

  constructor(private readonly deps: NodeHostPortsDeps) {}

  start(): void {
    void this.#loop();
  }

  /** Stops looking; ports stay as they are. */
  stop(): void {
    this.#abort.abort();
  }

  /** Resolves when the ports of all pods known now are in place. Rejects when the kernel refuses them. */
  settle(): Promise<void> {
    const turn = this.#settled.then(() => this.#apply());
    this.#settled = turn.catch(() => undefined);
    return turn;
  }

  async #loop(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      try {
        await this.settle();
      } catch (error) {
        this.deps.log.warn({ err: error }, 'cannot lead ports of the machine to pods');
      }
      await delay(LOOK_MS, signal);
    }
  }

  async #apply(): Promise<void> {
    const wanted = hostPortTable(this.deps.local());
    if (wanted === this.#applied && (await this.#isThere(wanted))) return;
    await this.deps.run('nft', ['-f', '-'], wanted);
    this.#applied = wanted;
  }

  async #isThere(wanted: string): Promise<boolean> {
    // Nothing to have is always there.
    if (!wanted.includes('chain ports')) return true;
    try {
      await this.deps.run('nft', ['list', 'chain', ...TABLE.split(' '), 'ports']);
      return true;
    } catch (error) {
      if (error instanceof CommandError) return false;
      throw error;
    }
  }
}
