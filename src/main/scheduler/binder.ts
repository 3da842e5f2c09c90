import { PODS, pathOf } from '../../shared/api/kinds.ts';
import { nameOf } from '../../shared/api/meta.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import type { PodInfo } from './cache/pod-info.ts';

/** Writes that the scheduler makes, so many at once and no more; the rest wait their turn in order. */
export class BoundedWrites {
  readonly #waiting: (() => Promise<void>)[] = [];
  #running = 0;
  #idle: (() => void)[] = [];

  constructor(
    private readonly limit: number,
    /** Called whenever a write has its answer. */
    private readonly onDidFinish: () => void = () => undefined,
  ) {}

  get pending(): number {
    return this.#running + this.#waiting.length;
  }

  /** Runs the write when its turn comes. It handles its own errors. */
  run(write: () => Promise<void>): void {
    this.#waiting.push(write);
    this.#next();
  }

  /** Resolves when nothing is running or waiting. */
  async drain(): Promise<void> {
    while (this.pending > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #next(): void {
    while (this.#running < this.limit) {
      const write = this.#waiting.shift();
      if (!write) break;
      this.#running += 1;
      void write().finally(() => {
        this.#running -= 1;
        this.#next();
        this.onDidFinish();
      });
    }
    if (this.pending === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }
}

/** The one write that places a pod (POST …/binding). With the uid, so that a successor of the same name is not bound. */
export async function bind(client: ApiClient, { pod, uid }: PodInfo, node: string): Promise<void> {
  const { namespace = '' } = pod.metadata ?? {};
  await client.transport.request({
    method: 'POST',
    path: pathOf(PODS, namespace, nameOf(pod), 'binding'),
    query: { fieldManager: client.fieldManager },
    body: {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: nameOf(pod), namespace, uid },
      target: { apiVersion: 'v1', kind: 'Node', name: node },
    },
  });
}
