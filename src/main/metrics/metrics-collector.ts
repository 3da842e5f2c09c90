import { NODES, pathOf, type Node } from '../../shared/api/kinds.ts';
import { nameOf } from '../../shared/api/meta.ts';
import type { StatsSummary } from '../../shared/api/stats-summary.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import { delay } from '../../shared/client/backoff.ts';
import { Informer } from '../../shared/client/informer.ts';
import type { Clock, Logger } from '../../shared/logger.ts';
import type { Point } from './point-ring.ts';
import { UsageHistory, type MetricsScope, type UsageSeries } from './usage-history.ts';

export interface CollectorOptions {
  /** Between two rounds. */
  intervalMs: number;
  /** Nodes asked in one round; with more of them, each is asked every few rounds, in turn. */
  nodesPerRound: number;
  concurrency: number;
  timeoutMs: number;
  /** How far back charts go. */
  keepMs: number;
}

const DEFAULTS: CollectorOptions = {
  intervalMs: 5_000,
  nodesPerRound: 100,
  concurrency: 8,
  timeoutMs: 10_000,
  keepMs: 15 * 60_000,
};

/** How much of the cluster the samples stand for. */
export interface Coverage {
  nodes: number;
  nodesPerRound: number;
  /** Each node is sampled this often. */
  everyMs: number;
}

/**
 * Asks the kubelet of each Ready node, through the API server's node proxy, what it and its pods use, and keeps the
 * last fifteen minutes. A node that does not answer has a gap; it never holds up the others.
 */
export class MetricsCollector {
  readonly #options: CollectorOptions;
  readonly #history: UsageHistory;
  readonly #nodes: Informer<Node>;
  readonly #handlers = new Set<() => void>();
  readonly #silent = new Set<string>();
  #abort: AbortController | undefined;
  #next = 0;
  #coverage: Coverage;

  constructor(
    private readonly deps: { client: ApiClient; clock: Clock; log: Logger },
    options: Partial<CollectorOptions> = {},
  ) {
    this.#nodes = new Informer(deps.client, NODES);
    this.#options = { ...DEFAULTS, ...options };
    this.#coverage = this.#coverageOf(0);
    this.#history = new UsageHistory(Math.ceil(this.#options.keepMs / this.#options.intervalMs), this.#options.keepMs);
  }

  /** As of the last round. */
  get coverage(): Coverage {
    return this.#coverage;
  }

  /** Begins to collect; resolves when the nodes are known. */
  async start(): Promise<void> {
    if (this.#abort) return;
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    await this.discover();
    void this.#run(signal);
  }

  /** Resolves when the nodes are known: `collect` may be called then. */
  discover(): Promise<void> {
    return this.#nodes.start();
  }

  stop(): void {
    this.#abort?.abort();
    this.#nodes.stop();
  }

  /** Called after each round. Returns the way out. */
  onDidCollect(handler: () => void): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  /** One round over the nodes whose turn it is. */
  async collect(signal?: AbortSignal): Promise<void> {
    const ready = this.#readyNodes();
    this.#coverage = this.#coverageOf(ready.length);
    const turn = this.#takeTurn(ready);
    const queue = [...turn];
    const worker = async (): Promise<void> => {
      for (let node = queue.shift(); node !== undefined; node = queue.shift()) await this.#sample(node, signal);
    };
    await Promise.all(Array.from({ length: Math.min(this.#options.concurrency, turn.length) }, worker));
    if (signal?.aborted) return;
    const now = this.deps.clock.now();
    this.#history.sumCluster(ready, now);
    this.#history.prune(new Set([...this.#nodes.values()].map(nameOf)), now);
    for (const handler of this.#handlers) handler();
  }

  /** The newest sample, or undefined when there is none that is still news. */
  latestOfCluster(): Point | undefined {
    return this.#fresh(this.#history.latestOfCluster());
  }

  latestOfNode(node: string): Point | undefined {
    return this.#fresh(this.#history.latestOfNode(node));
  }

  /** The sum over the pod's containers. */
  latestOfPod(namespace: string, name: string): Point | undefined {
    return this.#fresh(this.#history.latestOfPod(namespace, name));
  }

  /** The same by container; none when there is no sample that is still news. */
  latestOfContainers(namespace: string, name: string): { name: string; point: Point }[] {
    return this.latestOfPod(namespace, name) ? this.#history.latestOfContainers(namespace, name) : [];
  }

  /** Each series of the scope with its points later than `after` (ms since the epoch). */
  series(scope: MetricsScope, after = -Infinity): UsageSeries[] {
    return this.#history.series(scope, Math.max(after, this.deps.clock.now() - this.#options.keepMs));
  }

  #coverageOf(nodes: number): Coverage {
    const { nodesPerRound, intervalMs } = this.#options;
    return { nodes, nodesPerRound, everyMs: Math.max(1, Math.ceil(nodes / nodesPerRound)) * intervalMs };
  }

  #fresh(point: Point | undefined): Point | undefined {
    const limit = 3 * this.coverage.everyMs + this.#options.timeoutMs;
    return point && this.deps.clock.now() - point.at <= limit ? point : undefined;
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const startedAt = performance.now();
      await this.collect(signal);
      const rest = this.#options.intervalMs - (performance.now() - startedAt);
      await delay(Math.max(0, rest), signal);
    }
  }

  #readyNodes(): string[] {
    const isReady = (node: Node): boolean =>
      node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
    return [...this.#nodes.values()].filter(isReady).map(nameOf).sort();
  }

  #takeTurn(ready: readonly string[]): string[] {
    const count = Math.min(ready.length, this.#options.nodesPerRound);
    const from = this.#next % Math.max(1, ready.length);
    this.#next = from + count;
    return [...ready.slice(from, from + count), ...ready.slice(0, Math.max(0, from + count - ready.length))];
  }

  async #sample(node: string, signal: AbortSignal | undefined): Promise<void> {
    const timeout = AbortSignal.timeout(this.#options.timeoutMs);
    try {
      const summary = await this.deps.client.transport.request<StatsSummary>({
        method: 'GET',
        path: `${pathOf(NODES, undefined, node, 'proxy')}/stats/summary`,
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      });
      this.#history.addSummary(node, summary, this.deps.clock.now());
      this.#silent.delete(node);
    } catch (error) {
      if (signal?.aborted || this.#silent.has(node)) return;
      // Said once: a machine that is away would fill the log.
      this.#silent.add(node);
      this.deps.log.info({ node, err: error }, 'no usage from this node');
    }
  }
}
