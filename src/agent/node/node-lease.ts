import { isNotFound } from '../../shared/api/errors.ts';
import { LEASES, NODES, type Lease } from '../../shared/api/kinds.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import { Backoff, delay } from '../../shared/client/backoff.ts';
import type { Clock, Logger } from '../../shared/logger.ts';

const NAMESPACE = 'kube-node-lease';
/** nodeLeaseDurationSeconds, renewed at a quarter of it. */
const DURATION_SECONDS = 40;
const RENEW_MS = 10_000;

/** Renews the node's Lease, the sign of life that the node controller goes by. */
export class NodeLease {
  readonly #abort = new AbortController();
  #last: Lease | undefined;

  constructor(private readonly deps: { client: ApiClient; nodeName: string; clock: Clock; log: Logger }) {}

  start(): void {
    void this.#run();
  }

  stop(): void {
    this.#abort.abort();
  }

  async #run(): Promise<void> {
    // pkg/component-helpers/apimachinery/lease: 200 ms to 7 s.
    const backoff = new Backoff(200, 7_000);
    const { signal } = this.#abort;
    while (!signal.aborted) {
      try {
        await this.#renew();
        backoff.forget('');
        await delay(RENEW_MS, signal);
      } catch (error) {
        this.deps.log.debug({ err: error }, 'cannot renew the lease');
        this.#last = undefined;
        await delay(backoff.next(''), signal);
      }
    }
  }

  async #renew(): Promise<void> {
    const { client, nodeName } = this.deps;
    const current = this.#last ?? (await this.#find());
    // metav1.MicroTime.
    const renewTime = new Date(this.deps.clock.now()).toISOString().replace('Z', '000Z');
    const spec = { ...current?.spec, holderIdentity: nodeName, leaseDurationSeconds: DURATION_SECONDS, renewTime };
    if (!current) {
      const node = await client.get(NODES, nodeName);
      this.#last = await client.create(LEASES, {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: {
          name: nodeName,
          namespace: NAMESPACE,
          ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: nodeName, uid: node.metadata?.uid ?? '' }],
        },
        spec,
      });
      return;
    }
    this.#last = await client.update(LEASES, { ...current, spec });
  }

  async #find(): Promise<Lease | undefined> {
    try {
      return await this.deps.client.get(LEASES, this.deps.nodeName, NAMESPACE);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }
}
