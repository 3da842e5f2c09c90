import type { Container, Pod } from '../../shared/api/kinds.ts';
import { currentOf, type ObservedContainer, type ObservedPod, type ObservedSandbox } from '../runtime/observed.ts';
import { specHash } from '../runtime/spec-hash.ts';
import { goDuration } from './go-duration.ts';
import { ephemeralContainersOf } from './pod-containers.ts';
import { describePod } from './pod-name.ts';
import { retryAt, type BackoffEntry } from './restart-backoff.ts';
import { isSidecar, mayRestart } from './restart-policy.ts';

/** What can make a running container one that must be killed: a probe, or its own hook. */
export type HealthFailure = 'liveness' | 'startup' | 'postStart';

/** The end of a pod: how many seconds all its containers together may take for it. */
export interface Termination {
  graceSeconds: number;
  /** When it began, in milliseconds; where it is not known, every container has the whole grace. */
  since?: number;
}

/** What the kubelet knows when it decides about one pod. */
export interface PlanInput {
  pod: Pod;
  observed: ObservedPod;
  /** Set when the pod must stop: deleted in the API (or gone from it), or already Failed or Succeeded there. */
  termination?: Termination;
  /** Restart back-off by `backoffKey`. */
  backoff: Readonly<Record<string, BackoffEntry>>;
  /** When each container (by id) was sent its stop signal. */
  signalledAt: ReadonlyMap<string, number>;
  /** Containers (by id) whose liveness or startup probe has failed for good, or whose postStart hook has. */
  unhealthy: ReadonlyMap<string, HealthFailure>;
  /** Containers (by id) whose postStart hook has not ended. */
  hooking: ReadonlySet<string>;
  /** Containers (by id) that count as started: running and past their startup probe. */
  started: ReadonlySet<string>;
  now: number;
}

export type Action =
  | { kind: 'createSandbox'; attempt: number; changed: boolean }
  | { kind: 'removeSandbox'; sandbox: ObservedSandbox }
  | { kind: 'signal'; container: ObservedContainer; message: string }
  | { kind: 'kill'; container: ObservedContainer }
  | { kind: 'remove'; container: ObservedContainer }
  | { kind: 'start'; container: Container; attempt: number; sandbox: ObservedSandbox; failed?: ObservedContainer };

export interface Plan {
  actions: Action[];
  /** Containers that wait out their back-off, with the words of their status. */
  crashLooping: Map<string, { message: string; until: number }>;
  /** When to look again although nothing has changed. */
  wakeAt?: number;
  /** The pod was to be stopped, and nothing of it runs any more. */
  stopped: boolean;
}

/** kubelet's minimumGracePeriodInSeconds: below it a container could not even begin to stop. */
const MIN_GRACE_SECONDS = 2;

/** A container's back-off is forgotten with its spec (kuberuntime GetStableKey). */
export const backoffKey = (container: Container): string => `${container.name}_${specHash(container)}`;

/**
 * What to do next to make a pod what it should be (kuberuntime_manager.go computePodActions). One step at a time: after
 * the actions are done, the pod is observed and planned again. Asking again without a change gives the same plan.
 */
export function planPod(input: PlanInput): Plan {
  const plan: Plan = { actions: [], crashLooping: new Map(), stopped: false };
  if (input.termination) planStop(input, plan, input.termination);
  else planRun(input, plan);
  return plan;
}

function planStop(input: PlanInput, plan: Plan, { graceSeconds, since }: Termination): void {
  const running = input.observed.containers.filter((container) => container.state === 'running');
  if (running.length > 0) {
    // Sidecars serve the others until the end, and then go in reverse order of their start (KEP-753).
    const sidecars = (input.pod.spec?.initContainers ?? []).filter(isSidecar).map(({ name }) => name);
    const main = running.filter(({ name }) => !sidecars.includes(name));
    const next = main.length > 0 ? main : running.filter(({ name }) => name === lastOf(sidecars, running));
    for (const container of next) {
      // The grace is the pod's: what came before has used up its part of it.
      const begun = input.signalledAt.get(container.id) ?? input.now;
      const left = graceSeconds - (since === undefined ? 0 : (begun - since) / 1000);
      stop(input, plan, container, left, `Stopping container ${container.name}`);
    }
    return;
  }
  for (const sandbox of input.observed.sandboxes) plan.actions.push({ kind: 'removeSandbox', sandbox });
  plan.stopped = input.observed.sandboxes.length === 0;
}

function lastOf(sidecars: string[], running: ObservedContainer[]): string | undefined {
  return sidecars.filter((name) => running.some((container) => container.name === name)).at(-1);
}

function planRun(input: PlanInput, plan: Plan): void {
  const { pod, observed } = input;
  const sandbox = observed.sandboxes.find(({ running }) => running);
  if (!sandbox) return planSandbox(input, plan);
  let left = false;
  for (const container of observed.containers) {
    // Its namespaces died with the sandbox it joined.
    if (container.state !== 'running' || container.sandboxId === sandbox.id) continue;
    stop(input, plan, container, graceOf(pod), `Stopping container ${container.name}`);
    left = true;
  }
  if (left) return;
  for (const old of observed.sandboxes) if (old !== sandbox) plan.actions.push({ kind: 'removeSandbox', sandbox: old });
  pruneDead(input, plan);

  const initialised = planInit(input, plan, sandbox);
  if (initialised === 'failed') return void planStop(input, plan, { graceSeconds: graceOf(pod) });
  if (initialised === 'done' && !planMain(input, plan, sandbox)) {
    // Everything has ended for good: sidecars and the sandbox follow.
    return void planStop(input, plan, { graceSeconds: graceOf(pod) });
  }
  // They look at whatever there is, also before the pod is initialised.
  for (const container of ephemeralContainersOf(pod)) {
    const current = currentOf(observed, container.name);
    if (mayRestart(pod, container, current)) start(input, plan, container, sandbox, current);
  }
}

/** The pod's own containers, one after the other's postStart hook. Returns whether any of them has not ended for good. */
function planMain(input: PlanInput, plan: Plan, sandbox: ObservedSandbox): boolean {
  const { pod, observed } = input;
  const containers = pod.spec?.containers ?? [];
  for (const container of containers) {
    planContainer(input, plan, container, sandbox);
    const current = currentOf(observed, container.name);
    if (current && input.hooking.has(current.id)) break;
    const starts = plan.actions.some((action) => action.kind === 'start' && action.container === container);
    if (starts && container.lifecycle?.postStart) break;
  }
  return containers.some((container) => {
    const current = currentOf(observed, container.name);
    return current?.state === 'running' || mayRestart(pod, container, current);
  });
}

/** A pod without a sandbox: stop what lost its namespaces, then make a new one if there is anything left to run. */
function planSandbox(input: PlanInput, plan: Plan): void {
  const { pod, observed } = input;
  const orphans = observed.containers.filter((container) => container.state === 'running');
  for (const container of orphans) stop(input, plan, container, graceOf(pod), `Stopping container ${container.name}`);
  if (orphans.length > 0) return;
  for (const sandbox of observed.sandboxes) plan.actions.push({ kind: 'removeSandbox', sandbox });
  const containers = pod.spec?.containers ?? [];
  const initFailed = (pod.spec?.initContainers ?? []).some((container) => {
    const current = currentOf(observed, container.name);
    return (
      !isSidecar(container) &&
      current?.state === 'exited' &&
      current.exitCode !== 0 &&
      pod.spec?.restartPolicy === 'Never'
    );
  });
  const wanted = containers.some((container) => mayRestart(pod, container, currentOf(observed, container.name)));
  if (initFailed || !wanted) return;
  const attempt = 1 + Math.max(-1, ...observed.sandboxes.map((each) => each.attempt));
  plan.actions.push({ kind: 'createSandbox', attempt, changed: observed.sandboxes.length > 0 });
}

/** Runs init containers one after the other in this sandbox. */
function planInit(input: PlanInput, plan: Plan, sandbox: ObservedSandbox): 'done' | 'waiting' | 'failed' {
  const { pod, observed } = input;
  const past = (pod.spec?.containers ?? []).some(({ name }) => currentOf(observed, name)?.sandboxId === sandbox.id);
  for (const container of pod.spec?.initContainers ?? []) {
    const latest = currentOf(observed, container.name);
    const current = latest?.sandboxId === sandbox.id ? latest : undefined;
    if (isSidecar(container)) {
      planContainer(input, plan, container, sandbox);
      if (!past && (current?.state !== 'running' || !input.started.has(current.id))) return 'waiting';
      continue;
    }
    // Once the others have run in this sandbox, it is initialised, whatever is left of its init containers.
    if (past) continue;
    if (current?.state === 'running') return 'waiting';
    if (current?.state === 'exited' && current.exitCode === 0 && !current.startError) continue;
    if (current?.state === 'exited' && pod.spec?.restartPolicy === 'Never') return 'failed';
    start(input, plan, container, sandbox, latest);
    return 'waiting';
  }
  return 'done';
}

function planContainer(input: PlanInput, plan: Plan, container: Container, sandbox: ObservedSandbox): void {
  const { pod, observed } = input;
  const current = currentOf(observed, container.name);
  if (current?.state !== 'running') {
    if (mayRestart(pod, container, current)) start(input, plan, container, sandbox, current);
    return;
  }
  const failure = input.unhealthy.get(current.id);
  const name = container.name;
  if (current.specHash !== specHash(container)) {
    stop(input, plan, current, graceOf(pod), `Container ${name} definition changed, will be restarted`);
  } else if (failure === 'postStart') {
    stop(input, plan, current, graceOf(pod), 'FailedPostStartHook');
  } else if (failure) {
    const probe = failure === 'liveness' ? container.livenessProbe : container.startupProbe;
    const grace = probe?.terminationGracePeriodSeconds ?? graceOf(pod);
    stop(input, plan, current, grace, `Container ${name} failed ${failure} probe, will be restarted`);
  }
}

function start(
  input: PlanInput,
  plan: Plan,
  container: Container,
  sandbox: ObservedSandbox,
  previous: ObservedContainer | undefined,
): void {
  if (previous?.state === 'created') {
    // Made, but the agent ended before it could start it.
    plan.actions.push({ kind: 'remove', container: previous });
    plan.actions.push({ kind: 'start', container, attempt: previous.attempt, sandbox });
    return;
  }
  if (previous) {
    const entry = input.backoff[backoffKey(container)];
    const until = retryAt(entry, previous.finishedAt ?? previous.createdAt);
    if (entry && until > input.now) {
      const message = `back-off ${goDuration(entry.delayMs)} restarting failed container=${container.name} pod=${describePod(input.pod)}`;
      plan.crashLooping.set(container.name, { message, until });
      wake(plan, until);
      return;
    }
  }
  const reported = [
    ...(input.pod.status?.containerStatuses ?? []),
    ...(input.pod.status?.initContainerStatuses ?? []),
  ].find((status) => status.name === container.name && status.containerID);
  // A container somebody removed still counts.
  const attempt = previous ? previous.attempt + 1 : reported ? reported.restartCount + 1 : 0;
  plan.actions.push({ kind: 'start', container, attempt, sandbox, ...(previous ? { failed: previous } : {}) });
}

/** The stop signal once, and the kill when the grace is over. */
function stop(input: PlanInput, plan: Plan, container: ObservedContainer, graceSeconds: number, message: string): void {
  const signalled = input.signalledAt.get(container.id);
  if (signalled === undefined) plan.actions.push({ kind: 'signal', container, message });
  const deadline = (signalled ?? input.now) + Math.max(MIN_GRACE_SECONDS, graceSeconds) * 1000;
  if (deadline <= input.now) plan.actions.push({ kind: 'kill', container });
  else wake(plan, deadline);
}

/** Of each container the current one and the one before are kept: the status and `logs --previous` need no more. */
function pruneDead(input: PlanInput, plan: Plan): void {
  const seen = new Map<string, number>();
  for (const container of input.observed.containers) {
    const count = (seen.get(container.name) ?? 0) + 1;
    seen.set(container.name, count);
    if (count > 2 && container.state !== 'running') plan.actions.push({ kind: 'remove', container });
  }
}

function graceOf(pod: Pod): number {
  return pod.spec?.terminationGracePeriodSeconds ?? 30;
}

function wake(plan: Plan, at: number): void {
  plan.wakeAt = Math.min(plan.wakeAt ?? Infinity, at);
}
