import { messageOf, isNotFound, isConflict } from '../../shared/api/errors.ts';
import { PODS, type Container, type Pod } from '../../shared/api/kinds.ts';
import { nameOf } from '../../shared/api/meta.ts';
import type { ObservedContainer, ObservedPod } from '../runtime/observed.ts';
import type { PodRecord } from '../state/checkpoint.ts';
import { PodDirectory } from '../volumes/pod-directory.ts';
import { hookFailure, MAX_TIMEOUT_MS, runLifecycleHook } from './lifecycle-hook.ts';
import { backoffKey, planPod, type Action, type Plan } from './plan.ts';
import { activeDeadlineOf, deadlineEnd, type PodEnd } from './pod-end.ts';
import { describePod } from './pod-name.ts';
import { podStatus, type PodStatus } from './pod-status.ts';
import { asCreating, PostStartHooks, withoutHooking } from './post-start-hooks.ts';
import { nextBackoff, type BackoffEntry } from './restart-backoff.ts';
import { hookAddress, signalContainer } from './signal-container.ts';
import { startContainer } from './start-container.ts';
import { releaseNetwork, startSandbox } from './start-sandbox.ts';
import { mergeForeign } from './status-merge.ts';
import { terminationMessage } from './termination-message.ts';
import { VolumeRefresh } from './volume-refresh.ts';
import { containerOf, type WorkerDeps } from './worker-deps.ts';

interface Waiting {
  reason: string;
  message: string;
  retryAt?: number;
}

/** After a failure of the worker itself (Docker away, API away at the end of a pod). */
const RETRY_MS = 2_000;

/** Brings one pod to what it should be: observe, plan, act, report, until there is nothing to do. Never two at once. */
export class PodWorker {
  readonly uid: string;
  #pod: Pod;
  /** The last status we made; newer than the API's. */
  #status: PodStatus | undefined;
  #backoff: Record<string, BackoffEntry>;
  /** The API no longer has it: stop it, and there is nobody to tell. */
  #gone = false;
  #finished = false;
  readonly #directory: PodDirectory;
  readonly #waiting = new Map<string, Waiting>();
  readonly #signalledAt = new Map<string, number>();
  readonly #messages = new Map<string, string>();
  /** Ends for which a back-off was announced. */
  readonly #announced = new Set<string>();
  #stoppingSince: number | undefined;
  #sandboxRetryAt = 0;
  /** Why we have ended the pod; its status says so when nothing of it runs any more. */
  #end: PodEnd | undefined;
  /** Its end is being written down; from here on it holds nothing of the machine. */
  #finishing = false;
  readonly #hooks = new PostStartHooks();
  readonly #refresh: VolumeRefresh;
  #running = false;
  #again = false;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly deps: WorkerDeps,
    record: PodRecord,
    /** The pod has ended and every trace of it is gone. */
    private readonly onFinished: () => void,
  ) {
    this.#pod = record.pod;
    this.#status = record.pod.status;
    this.#backoff = record.backoff;
    this.uid = record.pod.metadata?.uid ?? '';
    this.#directory = new PodDirectory(deps.podsRoot, this.uid);
    this.#refresh = new VolumeRefresh(deps, this.#directory);
  }

  get pod(): Pod {
    return this.#status ? { ...this.#pod, status: mergeForeign(this.#status, this.#pod.status ?? {}) } : this.#pod;
  }

  /** Whether its ports and resources are still taken. */
  get active(): boolean {
    const { phase } = this.pod.status ?? {};
    return !this.#finishing && phase !== 'Failed' && phase !== 'Succeeded';
  }

  /** Whether it is being stopped for good. */
  get ending(): boolean {
    return this.#end !== undefined || this.#gone || this.#pod.metadata?.deletionTimestamp !== undefined;
  }

  /** Ends the pod for good: it is stopped within its grace, and has then failed with this reason. */
  end(end: PodEnd): void {
    this.#end ??= end;
    this.trigger();
  }

  update(pod: Pod): void {
    this.#pod = pod;
    this.trigger();
  }

  remove(): void {
    this.#gone = true;
    this.trigger();
  }

  /** Looks at the pod now, or once more when it is being looked at. */
  trigger(): void {
    if (this.#finished || this.#stopped) return;
    this.#again = true;
    if (!this.#running) void this.#loop();
  }

  /** The agent ends; its pods go on. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #loop(): Promise<void> {
    this.#running = true;
    while (this.#again && !this.#finished && !this.#stopped) {
      this.#again = false;
      clearTimeout(this.#timer);
      try {
        await this.#sync();
      } catch (error) {
        this.deps.log.warn({ err: messageOf(error), pod: describePod(this.#pod) }, 'pod sync failed');
        this.#wakeIn(RETRY_MS);
      }
    }
    this.#running = false;
    if (this.#again) this.trigger();
  }

  async #sync(): Promise<void> {
    const { deps } = this;
    const pod = this.pod;
    const observed = (await deps.runtime.observe(this.uid)) ?? emptyPod(pod);
    this.#checkDeadline(pod);
    const termination = this.#termination(pod);
    const podIp = pod.spec?.hostNetwork
      ? deps.machine.hostIp
      : observed.sandboxes.find(({ running }) => running)?.podIp;
    const settled = withoutHooking(observed, this.#hooks.running);
    if (termination) deps.prober.forget(this.uid);
    else deps.prober.sync(pod, settled, podIp);
    const verdicts = deps.prober.verdicts(pod, settled);
    const plan = planPod({
      pod,
      observed,
      ...(termination ? { termination: { ...termination, since: (this.#stoppingSince ??= deps.clock.now()) } } : {}),
      backoff: this.#backoff,
      signalledAt: this.#signalledAt,
      unhealthy: new Map([...verdicts.unhealthy, ...[...this.#hooks.failed].map((id) => [id, 'postStart'] as const)]),
      hooking: this.#hooks.running,
      started: verdicts.started,
      now: deps.clock.now(),
    });
    this.#announceBackoffs(plan, observed);
    // Before anything slow: the first look, and everything a start has to wait for.
    if (!this.#status || plan.actions.length === 0) await this.#report(pod, observed, plan, verdicts);
    if (!termination)
      await this.#refresh.refresh(
        pod,
        observed.sandboxes.find(({ running }) => running),
      );
    let acted = false;
    for (const action of plan.actions) acted = (await this.#act(action, plan)) || acted;
    if (plan.stopped && termination && (this.#gone || pod.metadata?.deletionTimestamp)) return this.#finish(observed);
    if (acted) this.#again = true;
    else {
      if (plan.actions.length > 0) await this.#report(pod, observed, plan, verdicts);
      this.#scheduleWake(plan);
    }
  }

  #checkDeadline(pod: Pod): void {
    if (this.#end || this.#gone || !this.active) return;
    const end = deadlineEnd(pod, this.deps.clock.now());
    if (!end) return;
    this.#end = end;
    this.deps.events.podEvent(this.#pod, 'Normal', end.reason, end.message);
  }

  #termination(pod: Pod): { graceSeconds: number } | undefined {
    const spec = pod.spec?.terminationGracePeriodSeconds ?? 30;
    if (pod.metadata?.deletionTimestamp) return { graceSeconds: pod.metadata.deletionGracePeriodSeconds ?? spec };
    // Force-deleted, or deleted while we were away: nobody waits, but its containers still get their time.
    if (this.#gone) return { graceSeconds: spec };
    if (this.#end) return { graceSeconds: this.#end.graceSeconds ?? spec };
    return pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded' ? { graceSeconds: spec } : undefined;
  }

  /** Returns whether the machine may look different now. */
  async #act(action: Action, plan: Plan): Promise<boolean> {
    const { deps } = this;
    const { runtime, events, clock } = deps;
    switch (action.kind) {
      case 'createSandbox': {
        if (clock.now() < this.#sandboxRetryAt) return false;
        if (action.changed) {
          events.podEvent(
            this.#pod,
            'Normal',
            'SandboxChanged',
            'Pod sandbox changed, it will be killed and re-created.',
          );
        }
        const outcome = await startSandbox(deps, this.pod, action.attempt, this.#directory);
        this.#sandboxRetryAt = outcome.kind === 'waiting' ? outcome.retryAt : 0;
        return outcome.kind === 'started';
      }
      case 'removeSandbox':
        await runtime.remove(action.sandbox.id);
        if (!plan.actions.some(({ kind }) => kind === 'createSandbox')) await releaseNetwork(deps, this.#pod);
        return true;
      case 'signal':
        this.#signalledAt.set(action.container.id, clock.now());
        events.podEvent(this.#pod, 'Normal', 'Killing', action.message, containerOf(this.#pod, action.container.name));
        await signalContainer(deps, this.pod, action.container, this.#termination(this.pod)?.graceSeconds ?? 30);
        return false;
      case 'kill':
        await runtime.signal(action.container.id, 'SIGKILL');
        return false;
      case 'remove':
        await runtime.remove(action.container.id);
        return true;
      case 'start':
        return this.#start(action);
    }
  }

  async #start(action: Extract<Action, { kind: 'start' }>): Promise<boolean> {
    const { clock } = this.deps;
    const { container, failed } = action;
    const waiting = this.#waiting.get(container.name);
    if (waiting?.retryAt !== undefined && clock.now() < waiting.retryAt) return false;
    const outcome = await startContainer(this.deps, { ...action, pod: this.pod, directory: this.#directory });
    if (outcome.kind === 'pulling') return false;
    const made = outcome.kind === 'started' || outcome.reason === 'RunContainerError';
    if (made && failed) {
      // Only a container that came to be counts as one more try.
      const key = backoffKey(container);
      const now = clock.now();
      this.#backoff = {
        ...this.#backoff,
        [key]: nextBackoff(this.#backoff[key], failed.finishedAt ?? failed.createdAt, now),
      };
    }
    if (outcome.kind === 'started') {
      this.#waiting.delete(container.name);
      this.#beginPostStart(container, outcome.id);
    } else {
      const { reason, message, retryAt } = outcome;
      this.#waiting.set(container.name, { reason, message, ...(made ? {} : { retryAt }) });
    }
    return made;
  }

  #beginPostStart(container: Container, id: string): void {
    const { prober, events } = this.deps;
    const hook = container.lifecycle?.postStart;
    if (!hook) return;
    // It has all the time it wants (RunInContainer is given no timeout); the container's end is its end.
    const run = (): Promise<void> =>
      runLifecycleHook(hook, container, hookAddress(this.deps, this.pod), prober.execIn(id), MAX_TIMEOUT_MS);
    this.#hooks.begin(id, run, (failure) => {
      if (failure !== undefined) {
        events.podEvent(this.#pod, 'Warning', 'FailedPostStartHook', 'PostStartHook failed', container);
        this.#waiting.set(container.name, {
          reason: 'PostStartHookError',
          message: hookFailure(hook, container, this.#pod, failure),
        });
      }
      this.trigger();
    });
  }

  #announceBackoffs(plan: Plan, observed: ObservedPod): void {
    for (const [name, { message }] of plan.crashLooping) {
      this.#waiting.set(name, { reason: 'CrashLoopBackOff', message });
      const ended = observed.containers.find((container) => container.name === name)?.id ?? name;
      if (this.#announced.has(ended)) continue;
      this.#announced.add(ended);
      const words = `Back-off restarting failed container ${name} in pod ${describePod(this.#pod)}`;
      this.deps.events.podEvent(this.#pod, 'Warning', 'BackOff', words, containerOf(this.#pod, name));
    }
  }

  async #report(
    pod: Pod,
    observed: ObservedPod,
    plan: Plan,
    verdicts: { started: Set<string>; ready: Set<string> },
  ): Promise<void> {
    const { deps } = this;
    await this.#learn(pod, observed.containers);
    const stopping = this.#gone || pod.metadata?.deletionTimestamp !== undefined;
    const status = podStatus({
      pod,
      observed: asCreating(observed, this.#hooks.running),
      ...(this.#end ? { end: this.#end } : {}),
      waiting: stopping ? new Map() : this.#waiting,
      started: verdicts.started,
      ready: verdicts.ready,
      messages: this.#messages,
      imageRef: (id) => deps.images.referenceOf(id),
      stopping:
        stopping || (plan.stopped && this.#end !== undefined) || (plan.stopped && pod.spec?.restartPolicy !== 'Always'),
      hostIp: deps.machine.hostIp,
      now: deps.clock.now(),
    });
    this.#status = status;
    if (!this.#gone) deps.reporter.set(this.#pod, status);
    await deps.checkpoint.save({ pod: { ...this.#pod, status }, backoff: this.#backoff });
  }

  /** What only a look beyond Docker's state can tell: termination messages and image digests. */
  async #learn(pod: Pod, containers: ObservedContainer[]): Promise<void> {
    for (const container of containers) {
      await this.deps.images.learn(container.imageId);
      const spec = containerOf(pod, container.name);
      if (
        container.state !== 'exited' ||
        container.startError !== undefined ||
        !spec ||
        this.#messages.has(container.id)
      )
        continue;
      const file = this.#directory.terminationLog(container.name, container.attempt);
      const mismatch = this.deps.images.mismatchOf(container.imageId);
      this.#messages.set(
        container.id,
        await terminationMessage(this.deps.runtime.docker, spec, container, file, mismatch),
      );
    }
    const known = new Set(containers.map(({ id }) => id));
    this.#hooks.keepOnly(known);
    for (const map of [this.#messages, this.#signalledAt])
      for (const id of map.keys()) if (!known.has(id)) map.delete(id);
  }

  /** Nothing runs any more: tell the API the end, let it delete the pod, then remove every trace. */
  async #finish(observed: ObservedPod): Promise<void> {
    const { deps } = this;
    this.#finishing = true;
    if (!this.#gone) {
      await this.#report(
        this.pod,
        observed,
        { actions: [], crashLooping: new Map(), stopped: true },
        { started: new Set(), ready: new Set() },
      );
      await deps.reporter.write(this.uid);
    }
    await deps.volumes.tearDown(this.#pod, this.#directory);
    if (!this.#gone) await this.#deleteFromApi();
    for (const container of observed.containers) await deps.runtime.remove(container.id);
    await releaseNetwork(deps, this.#pod);
    deps.reporter.forget(this.uid);
    deps.puller.forget(this.uid);
    this.#finished = true;
    await deps.checkpoint.remove(this.uid);
    this.onFinished();
  }

  async #deleteFromApi(): Promise<void> {
    try {
      const target = { name: nameOf(this.#pod), namespace: this.#pod.metadata?.namespace };
      await this.deps.client.delete(PODS, target, { uid: this.uid, gracePeriodSeconds: 0 });
    } catch (error) {
      // Gone already, or its name belongs to another pod.
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  #scheduleWake(plan: Plan): void {
    const times = [...this.#waiting.values()].flatMap(({ retryAt }) => retryAt ?? []);
    if (plan.wakeAt !== undefined) times.push(plan.wakeAt);
    const deadline = this.#end ? undefined : activeDeadlineOf(this.pod);
    for (const time of [this.#sandboxRetryAt, this.#refresh.dueAt, deadline ?? 0]) if (time > 0) times.push(time);
    if (times.length > 0) this.#wakeIn(Math.max(0, Math.min(...times) - this.deps.clock.now()));
  }

  #wakeIn(ms: number): void {
    clearTimeout(this.#timer);
    if (!this.#stopped) this.#timer = setTimeout(() => this.trigger(), Math.min(ms, MAX_TIMEOUT_MS));
  }
}

function emptyPod(pod: Pod): ObservedPod {
  const { uid = '', name = '', namespace = '' } = pod.metadata ?? {};
  return { uid, name, namespace, sandboxes: [], containers: [] };
}
