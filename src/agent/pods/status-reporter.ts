import { isApiError, isConflict, isForbidden, isNotFound } from '../../shared/api/errors.ts';
import { PODS, type Pod } from '../../shared/api/kinds.ts';
import { nameOf } from '../../shared/api/meta.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import { WorkQueue } from '../../shared/client/work-queue.ts';
import type { Clock, Logger } from '../../shared/logger.ts';
import { mergeForeign, sameStatus } from './status-merge.ts';
import type { PodStatus } from './pod-status.ts';

interface Desired {
  pod: Pod;
  status: PodStatus;
  /** What the server made of it, so that its own spelling is not taken for another's change. */
  written?: { status: PodStatus; result: PodStatus };
}

/** Brings pods' statuses to the API (pkg/kubelet/status): the latest of each, again and again until it is there. */
export class StatusReporter {
  readonly #desired = new Map<string, Desired>();
  readonly #queue: WorkQueue;

  constructor(private readonly deps: { client: ApiClient; clock: Clock; log: Logger }) {
    this.#queue = new WorkQueue(deps.clock, { baseMs: 200, maxMs: 10_000 });
  }

  /** A few at a time, so that a machine that comes back does not flood its tunnel. */
  start(workers = 4): void {
    for (let worker = 0; worker < workers; worker += 1) void this.#work();
  }

  stop(): void {
    this.#queue.close();
  }

  set(pod: Pod, status: PodStatus): void {
    const uid = pod.metadata?.uid ?? '';
    const known = this.#desired.get(uid);
    this.#desired.set(uid, { pod, status, ...(known?.written ? { written: known.written } : {}) });
    if (!known || !sameStatus(known.status, status)) this.#queue.add(uid);
  }

  /** The API shows a pod: report again if it shows another status than ours (a node controller's, or an old one). */
  check(pod: Pod): void {
    const desired = this.#desired.get(pod.metadata?.uid ?? '');
    if (!desired) return;
    const { status, written } = desired;
    const shown = pod.status ?? {};
    if (sameStatus(mergeForeign(status, shown), shown)) return;
    if (written && sameStatus(written.status, status) && sameStatus(written.result, shown)) return;
    this.#queue.add(pod.metadata?.uid ?? '');
  }

  forget(uid: string): void {
    this.#desired.delete(uid);
    this.#queue.forget(uid);
  }

  /** Everything at once, now that the API is back. */
  retryAll(): void {
    for (const uid of this.#desired.keys()) {
      this.#queue.forget(uid);
      this.#queue.add(uid);
    }
  }

  /** Writes one status now. Returns false when the pod is gone from the API; rejects when it cannot be reached. */
  async write(uid: string): Promise<boolean> {
    const { client } = this.deps;
    for (;;) {
      const desired = this.#desired.get(uid);
      if (!desired) return true;
      const { pod, status } = desired;
      try {
        const current = await client.get(PODS, nameOf(pod), pod.metadata?.namespace);
        // Another pod has taken the name.
        if (current.metadata?.uid !== uid) return false;
        const merged = mergeForeign(status, current.status ?? {});
        if (sameStatus(merged, current.status ?? {})) return true;
        const result = await client.updateStatus(PODS, { ...current, status: merged });
        desired.written = { status, result: result.status ?? {} };
        if (this.#desired.get(uid) === desired) return true;
      } catch (error) {
        // A node may only read the pods bound to it: one that is gone is forbidden.
        if (isNotFound(error) || isForbidden(error)) return false;
        if (!isConflict(error)) throw error;
      }
    }
  }

  async #work(): Promise<void> {
    for (;;) {
      const uid = await this.#queue.take();
      if (uid === undefined) return;
      try {
        await this.write(uid);
        this.#queue.forget(uid);
      } catch (error) {
        if (isApiError(error)) this.deps.log.warn({ err: error, uid }, 'pod status refused');
        this.#queue.retry(uid);
      } finally {
        this.#queue.done(uid);
      }
    }
  }
}
