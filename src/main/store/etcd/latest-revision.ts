import type { EtcdClient } from './client.ts';

/**
 * The revision of the last write anywhere, asked of etcd itself, so that a read can wait for it and sees every write
 * acknowledged before it began. However many ask at once, one question is on its way and at most one waits: what is on
 * its way may be too old for who comes now, so they share the next.
 */
export class LatestRevision {
  #running: Promise<number> | undefined;
  #next: Promise<number> | undefined;

  constructor(
    private readonly client: Pick<EtcdClient, 'range'>,
    private readonly head: Buffer,
  ) {}

  ask(): Promise<number> {
    if (!this.#running) return (this.#running = this.#read().finally(() => (this.#running = undefined)));
    const askAnew = (): Promise<number> => {
      this.#next = undefined;
      return this.ask();
    };
    return (this.#next ??= this.#running.then(askAnew, askAnew));
  }

  async #read(): Promise<number> {
    const { kvs } = await this.client.range({ key: this.head });
    return Number(kvs[0]?.mod_revision ?? 0);
  }
}
