import type { Pod } from '../src/shared/api/kinds.ts';
import { until } from '../e2e/testbed/wait.ts';
import { inParallel } from './clients.ts';
import { Latencies } from './latencies.ts';
import type { LoadClient, Watch } from './load-client.ts';

const PODS = '/api/v1/namespaces/default/pods';

/** Makes pods that sleep and measures until a watch shows them Running, as a user of the API sees it. */
export class PodStarts {
  readonly #running = new Map<string, { at: number; told: () => void }>();
  #next = 0;
  #watch: Watch | undefined;

  constructor(
    private readonly client: LoadClient,
    private readonly nodeName: string,
    private readonly image: string,
    private readonly command: string[],
  ) {}

  async open(): Promise<void> {
    this.#watch = await this.client.watch(`${PODS}?watch=1`, (line) => {
      const { object } = JSON.parse(line) as { object: Pod };
      if (object.status?.phase !== 'Running') return;
      const name = object.metadata?.name ?? '';
      const waiting = this.#running.get(name);
      this.#running.delete(name);
      waiting?.told();
    });
  }

  async close(): Promise<void> {
    await this.#watch?.close();
  }

  /** Creates so many at once; resolves when all run, with the time of each and the seconds until the last. */
  async start(count: number): Promise<{ each: Latencies; seconds: number }> {
    const each = new Latencies();
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: count }, () => this.#startOne(each)));
    return { each, seconds: (performance.now() - startedAt) / 1000 };
  }

  /** Deletes all there are; resolves when none is left. */
  async removeAll(): Promise<void> {
    const { items } = await this.client.get<{ items: Pod[] }>(PODS);
    await inParallel(16, items.length, (index) =>
      this.client.send('DELETE', `${PODS}/${items[index]?.metadata?.name ?? ''}`),
    );
    const left = async (): Promise<number> => (await this.client.get<{ items: Pod[] }>(PODS)).items.length;
    await until('all pods to be gone', async () => (await left()) === 0, { timeoutMs: 120_000, everyMs: 100 });
  }

  async #startOne(each: Latencies): Promise<void> {
    const name = `sleeper-${this.#next++}`;
    const at = performance.now();
    const runs = new Promise<void>((told) => this.#running.set(name, { at, told }));
    await this.client.create(PODS, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name },
      spec: {
        nodeSelector: { 'kubernetes.io/hostname': this.nodeName },
        // A sleep that is process 1 ignores SIGTERM.
        terminationGracePeriodSeconds: 1,
        containers: [{ name: 'main', image: this.image, command: this.command }],
      },
    });
    await runs;
    each.add(performance.now() - at);
  }
}
