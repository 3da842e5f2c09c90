import { inParallel } from './clients.ts';
import { Latencies } from './latencies.ts';
import type { LoadClient, Watch } from './load-client.ts';

/** TLS handshakes under way at once while watchers connect. */
const HANDSHAKES = 16;
const SENT = /"bench-sent-at":"([\d.]+)"/;

/** Annotations of an object that watchers measure: when it was sent, on this process's clock. */
export const sentNow = (): Record<string, string> => ({ 'bench-sent-at': String(performance.now()) });

/** Many watches on one collection, each over a connection of its own, that measure how old each event is on arrival. */
export class Watchers {
  readonly latencies = new Latencies();
  readonly #watches: Watch[] = [];
  #complete: (() => void) | undefined;
  #awaited = Number.POSITIVE_INFINITY;

  /** Opens `count` watches from now on. `path` is the collection's. */
  async open(client: LoadClient, path: string, count: number): Promise<void> {
    const { metadata } = await client.get<{ metadata: { resourceVersion: string } }>(path);
    await inParallel(HANDSHAKES, count, async () => {
      const query = `watch=1&resourceVersion=${metadata.resourceVersion}`;
      this.#watches.push(await client.watch(`${path}?${query}`, (line) => this.#arrived(line)));
    });
  }

  /** Resolves when so many events have arrived at all watchers together. */
  received(events: number): Promise<void> {
    this.#awaited = events;
    return new Promise((resolve) => {
      if (this.latencies.count >= events) resolve();
      else this.#complete = resolve;
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#watches.map((watch) => watch.close()));
  }

  #arrived(line: string): void {
    const sentAt = SENT.exec(line)?.[1];
    if (sentAt === undefined) return;
    this.latencies.add(performance.now() - Number(sentAt));
    if (this.latencies.count === this.#awaited) this.#complete?.();
  }
}
