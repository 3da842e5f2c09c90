import type { Container, Pod } from '../../shared/api/kinds.ts';
import { delay } from '../../shared/client/backoff.ts';
import type { Clock } from '../../shared/logger.ts';
import type { ObservedContainer, ObservedPod } from '../runtime/observed.ts';
import { afterOutcome, hasFailed, initialState, periodMs, type ProbeKind, type ProbeState } from './probe-state.ts';
import { runProbe, type ExecProbe, type Probe } from './run-probe.ts';

/** A probe whose failure for good restarts a container. */
export type ProbeFailure = Exclude<ProbeKind, 'readiness'>;

export interface ProberDeps {
  clock: Clock;
  exec: (containerId: string) => ExecProbe;
  unhealthy: (pod: Pod, container: Container, message: string) => void;
  /** A verdict about a container of this pod has turned. */
  onChange: (podUid: string) => void;
  /** A probe has come out one way or the other. */
  outcome: (pod: Pod, container: Container, kind: ProbeKind, ok: boolean) => void;
}

interface Watch {
  podUid: string;
  abort: AbortController;
  states: Map<ProbeKind, ProbeState>;
  failure?: ProbeFailure;
}

/** Probes the containers of pods (pkg/kubelet/prober): startup first, it holds back the other two until it succeeds. */
export class Prober {
  readonly #watches = new Map<string, Watch>();

  constructor(private readonly deps: ProberDeps) {}

  /** Runs commands in a container, as probes and lifecycle hooks do. */
  execIn(containerId: string): ExecProbe {
    return this.deps.exec(containerId);
  }

  /** Begins probing what runs of a pod and ends probing what does not. */
  sync(pod: Pod, observed: ObservedPod, podIp: string | undefined): void {
    const uid = pod.metadata?.uid ?? '';
    const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
    const running = new Map(
      observed.containers.filter(({ state }) => state === 'running').map((each) => [each.id, each]),
    );
    for (const [id, watch] of this.#watches) if (watch.podUid === uid && !running.has(id)) this.#end(id);
    if (podIp === undefined) return;
    for (const [id, current] of running) {
      const container = containers.find(({ name }) => name === current.name);
      if (!container || this.#watches.has(id)) continue;
      if (container.startupProbe ?? container.livenessProbe ?? container.readinessProbe)
        this.#begin(pod, container, current, podIp);
    }
  }

  /** Ends probing a pod: it is being stopped. */
  forget(podUid: string): void {
    for (const [id, watch] of this.#watches) if (watch.podUid === podUid) this.#end(id);
  }

  /** Ids of running containers past their startup probe, and of those that are ready besides; and what has failed. */
  verdicts(
    pod: Pod,
    observed: ObservedPod,
  ): { started: Set<string>; ready: Set<string>; unhealthy: Map<string, ProbeFailure> } {
    const started = new Set<string>();
    const ready = new Set<string>();
    const unhealthy = new Map<string, ProbeFailure>();
    const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
    for (const { id, name, state } of observed.containers) {
      const container = containers.find((each) => each.name === name);
      if (state !== 'running' || !container) continue;
      const watch = this.#watches.get(id);
      if (watch?.failure) unhealthy.set(id, watch.failure);
      if (container.startupProbe && !watch?.states.get('startup')?.verdict) continue;
      started.add(id);
      if (!container.readinessProbe || watch?.states.get('readiness')?.verdict) ready.add(id);
    }
    return { started, ready, unhealthy };
  }

  stop(): void {
    for (const id of [...this.#watches.keys()]) this.#end(id);
  }

  #begin(pod: Pod, container: Container, current: ObservedContainer, podIp: string): void {
    const watch: Watch = { podUid: pod.metadata?.uid ?? '', abort: new AbortController(), states: new Map() };
    this.#watches.set(current.id, watch);
    const probes: [ProbeKind, Probe | undefined][] = [
      ['startup', container.startupProbe],
      ['liveness', container.livenessProbe],
      ['readiness', container.readinessProbe],
    ];
    for (const [kind, probe] of probes) {
      if (!probe) continue;
      watch.states.set(kind, initialState(kind));
      void this.#run(pod, container, current, podIp, watch, kind, probe);
    }
  }

  async #run(
    pod: Pod,
    container: Container,
    current: ObservedContainer,
    podIp: string,
    watch: Watch,
    kind: ProbeKind,
    probe: Probe,
  ): Promise<void> {
    const { signal } = watch.abort;
    const firstAt = (current.startedAt ?? current.createdAt) + (probe.initialDelaySeconds ?? 0) * 1000;
    await delay(Math.max(0, firstAt - this.deps.clock.now()), signal);
    while (!signal.aborted) {
      const held = kind !== 'startup' && watch.states.get('startup')?.verdict === false;
      // A startup probe that has succeeded has nothing more to say.
      if (kind === 'startup' && watch.states.get('startup')?.verdict) return;
      if (!held) {
        const outcome = await runProbe(probe, container, podIp, this.deps.exec(current.id));
        if (signal.aborted) return;
        this.deps.outcome(pod, container, kind, outcome.ok);
        this.#take(pod, container, watch, kind, probe, outcome.ok, outcome.ok ? '' : outcome.message);
      }
      await delay(periodMs(probe), signal);
    }
  }

  #take(
    pod: Pod,
    container: Container,
    watch: Watch,
    kind: ProbeKind,
    probe: Probe,
    ok: boolean,
    message: string,
  ): void {
    const before = watch.states.get(kind) ?? initialState(kind);
    const after = afterOutcome(before, ok, probe);
    watch.states.set(kind, after);
    if (!ok) this.deps.unhealthy(pod, container, `${kind[0]?.toUpperCase()}${kind.slice(1)} probe failed: ${message}`);
    if (kind !== 'readiness' && hasFailed(kind, after, probe)) watch.failure = kind;
    if (before.verdict !== after.verdict || watch.failure) this.deps.onChange(watch.podUid);
  }

  #end(id: string): void {
    this.#watches.get(id)?.abort.abort();
    this.#watches.delete(id);
  }
}
