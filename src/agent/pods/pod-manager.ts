import { CONTAINER_LABELS } from '../../shared/agent-config.ts';
import { PODS, type Pod } from '../../shared/api/kinds.ts';
import { Informer } from '../../shared/client/informer.ts';
import { delay } from '../../shared/client/backoff.ts';
import { jsonLines } from '../api/json-lines.ts';
import type { AttachedSandbox } from '../network/pod-network.ts';
import { dockerMessage } from '../runtime/docker-error.ts';
import type { ObservedPod } from '../runtime/observed.ts';
import type { PodRecord } from '../state/checkpoint.ts';
import { rejected, rejectionOf } from './admission.ts';
import { appArmorEnabled } from './app-armor.ts';
import { PodWorker } from './pod-worker.ts';
import type { PodEnd } from './pod-end.ts';
import type { WorkerDeps } from './worker-deps.ts';

/** How often everything is looked at even if Docker has told nothing (kubelet's generic PLEG looks every second). */
const RELIST_MS = 10_000;

/** Hard evictions do not wait (immediateEvictionGracePeriodSeconds). */
const EVICTION_GRACE_SECONDS = 1;

/**
 * Runs a worker for every pod this machine should run, and for every pod found on it. Pods come from the API, and while
 * it cannot be reached from the checkpoint; what happens to containers comes from Docker's events, with a relist as safety.
 */
export class PodManager {
  readonly #workers = new Map<string, PodWorker>();
  readonly #informer: Informer<Pod>;
  readonly #abort = new AbortController();
  readonly #seen = new Map<string, string>();
  #synced = false;
  #appArmor = false;
  #runtimeError: string | undefined = 'not asked yet';
  #sandboxes: AttachedSandbox[] = [];

  constructor(
    private readonly deps: WorkerDeps,
    nodeName: string,
    private readonly onRuntimeHealth: () => void,
  ) {
    this.#informer = new Informer(deps.client, PODS, {
      fieldSelector: `spec.nodeName=${nodeName}`,
      onError: (error) => deps.log.warn({ err: error }, 'cannot watch pods; going on with those known'),
    });
  }

  /** Why Docker cannot be used; undefined when it can. */
  get runtimeError(): string | undefined {
    return this.#runtimeError;
  }

  /** Sandboxes that run with an address, as of the last look. */
  get sandboxes(): AttachedSandbox[] {
    return this.#sandboxes;
  }

  pods(): Pod[] {
    return [...this.#workers.values()].map((worker) => worker.pod);
  }

  /** Pods that take part in what the machine has, and are not on their way out. */
  activePods(): Pod[] {
    return [...this.#workers.values()].filter(({ active, ending }) => active && !ending).map(({ pod }) => pod);
  }

  /** Ends a pod because the machine, or a limit of its own, demands it (pkg/kubelet/eviction evictPod). */
  evict(pod: Pod, message: string): void {
    const worker = this.#workers.get(pod.metadata?.uid ?? '');
    if (!worker || worker.ending) return;
    this.deps.events.podEvent(pod, 'Warning', 'Evicted', message);
    worker.end({ reason: 'Evicted', message, graceSeconds: EVICTION_GRACE_SECONDS, disrupted: true });
  }

  find(namespace: string, name: string): Pod | undefined {
    return this.pods().find(({ metadata }) => metadata?.namespace === namespace && metadata.name === name);
  }

  trigger(uid: string): void {
    this.#workers.get(uid)?.trigger();
  }

  triggerAll(): void {
    for (const worker of this.#workers.values()) worker.trigger();
  }

  /** Takes up the pods of the checkpoint at once; those of the API follow when it is reached. */
  async start(): Promise<void> {
    this.#appArmor = await appArmorEnabled();
    for (const record of await this.deps.checkpoint.load()) this.#add(record);
    // Not before all of them are known: those it does not know of would lose their ports.
    this.deps.hostPorts.start();
    await this.relist();
    void this.#relistLoop();
    void this.#followDocker();
    this.#informer.onDidChange((change) => {
      const uid = change.object.metadata?.uid ?? '';
      if (change.type === 'deleted') {
        this.#workers.get(uid)?.remove();
        return;
      }
      // A new pod under the same name: the informer knows names only.
      if (change.type === 'updated' && change.old.metadata?.uid !== uid) {
        this.#workers.get(change.old.metadata?.uid ?? '')?.remove();
      }
      const worker = this.#workers.get(uid);
      if (worker) worker.update(change.object);
      else this.#admit(change.object);
      this.deps.reporter.check(change.object);
    });
    this.#informer.onDidChangeState((state) => {
      if (state !== 'live') return;
      this.#removeUnknown();
      this.deps.reporter.retryAll();
    });
    void this.#informer.start();
  }

  /** Stops watching and looking; containers go on. */
  stop(): void {
    this.#abort.abort();
    this.#informer.stop();
    for (const worker of this.#workers.values()) worker.stop();
  }

  /** Compares what Docker has with what it had, and wakes the workers of pods that differ. */
  async relist(): Promise<void> {
    try {
      const observed = await this.deps.runtime.observeAll();
      this.#setRuntimeError(undefined);
      this.#sandboxes = [...observed.values()].flatMap(({ sandboxes }) =>
        sandboxes.flatMap(({ id, pid, podIp, running }) => (running && podIp ? [{ id, pid, podIp }] : [])),
      );
      for (const pod of observed.values()) this.#look(pod);
      for (const uid of [...this.#seen.keys()]) {
        if (observed.has(uid)) continue;
        this.#seen.delete(uid);
        this.trigger(uid);
      }
    } catch (error) {
      this.#setRuntimeError(dockerMessage(error));
    }
  }

  #look(pod: ObservedPod): void {
    for (const { podIp, running } of pod.sandboxes) if (running && podIp) this.deps.addresses.adopt(pod.uid, podIp);
    const worker = this.#workers.get(pod.uid);
    if (!worker && this.#synced) {
      // On the machine, in no API and in no checkpoint: a pod deleted while we were away, or somebody's remains.
      const { uid, name, namespace } = pod;
      const stray: Pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { uid, name, namespace },
        spec: { containers: [] },
      };
      this.#add({ pod: stray, backoff: {} }).remove();
      return;
    }
    const signature = [
      ...pod.sandboxes.map(({ id, running }) => id + running),
      ...pod.containers.map(({ id, state }) => id + state),
    ];
    const text = signature.join();
    if (this.#seen.get(pod.uid) === text) return;
    this.#seen.set(pod.uid, text);
    worker?.trigger();
  }

  /** A pod of the API: one that has not begun must fit beside those that have (kubelet.go HandlePodAdditions). */
  #admit(pod: Pod): void {
    const begun = pod.status?.startTime !== undefined || pod.metadata?.deletionTimestamp !== undefined;
    const rejection = begun
      ? undefined
      : rejectionOf(pod, {
          others: [...this.#workers.values()].filter(({ active }) => active).map((worker) => worker.pod),
          ...this.deps.machine,
          node: this.deps.machine.node(),
          appArmor: this.#appArmor,
        });
    if (rejection) this.deps.events.podEvent(pod, 'Warning', rejection.reason, rejection.message);
    this.#add({ pod, backoff: {} }, rejection && rejected(rejection));
  }

  #add(record: PodRecord, end?: PodEnd): PodWorker {
    const worker: PodWorker = new PodWorker(this.deps, record, () => {
      this.#workers.delete(worker.uid);
      void this.deps.objects.prune(this.pods());
    });
    this.#workers.set(worker.uid, worker);
    if (end) worker.end(end);
    else worker.trigger();
    return worker;
  }

  /** After a full list: pods we run that the API does not have were deleted while we could not hear of it. */
  #removeUnknown(): void {
    this.#synced = true;
    const known = new Set(this.#informer.list().map(({ metadata }) => metadata?.uid));
    for (const [uid, worker] of this.#workers) if (!known.has(uid)) worker.remove();
    void this.relist();
  }

  #setRuntimeError(error: string | undefined): void {
    if (this.#runtimeError === error) return;
    this.#runtimeError = error;
    if (error !== undefined) this.deps.log.warn({ err: error }, 'container runtime is down');
    this.onRuntimeHealth();
  }

  async #relistLoop(): Promise<void> {
    while (!this.#abort.signal.aborted) {
      await delay(RELIST_MS, this.#abort.signal);
      await this.relist();
    }
  }

  async #followDocker(): Promise<void> {
    const { signal } = this.#abort;
    const filters = {
      type: ['container' as const],
      event: ['start', 'die', 'oom', 'destroy'],
      label: [`${CONTAINER_LABELS.cluster}=${this.deps.clusterId}`],
    };
    while (!signal.aborted) {
      try {
        const stream = await this.deps.runtime.docker.getEvents({ filters, abortSignal: signal });
        // What happened before the stream began.
        await this.relist();
        for await (const event of jsonLines(stream as AsyncIterable<Uint8Array>)) this.#hear(event);
      } catch (error) {
        if (signal.aborted) return;
        this.deps.log.debug({ err: dockerMessage(error) }, 'lost Docker’s events');
      }
      await this.relist();
      await delay(1_000, signal);
    }
  }

  #hear(event: unknown): void {
    const { Actor: actor } = event as { Actor?: { ID?: string; Attributes?: Record<string, string> } };
    const uid = actor?.Attributes?.[CONTAINER_LABELS.podUid];
    if (actor?.ID) this.deps.runtime.invalidate(actor.ID);
    if (uid) this.trigger(uid);
  }
}
