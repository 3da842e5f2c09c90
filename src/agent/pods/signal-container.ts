import { messageOf } from '../../shared/api/errors.ts';
import type { Pod } from '../../shared/api/kinds.ts';
import type { ObservedContainer } from '../runtime/observed.ts';
import { runLifecycleHook } from './lifecycle-hook.ts';
import { containerOf, type WorkerDeps } from './worker-deps.ts';

/**
 * Sends a container its stop signal, after its preStop hook if it has one: that runs within the grace, and holds up
 * nothing else.
 */
export async function signalContainer(
  deps: WorkerDeps,
  pod: Pod,
  { id, name, stopSignal }: ObservedContainer,
  graceSeconds: number,
): Promise<void> {
  const { runtime, events, prober, log } = deps;
  const container = containerOf(pod, name);
  const hook = container?.lifecycle?.preStop;
  if (!container || !hook) return runtime.signal(id, stopSignal);
  void runLifecycleHook(hook, container, hookAddress(deps, pod), prober.execIn(id), Math.max(1, graceSeconds) * 1000)
    .catch(() => events.podEvent(pod, 'Warning', 'FailedPreStopHook', 'PreStopHook failed', container))
    .then(() => runtime.signal(id, stopSignal))
    .catch((error: unknown) => log.warn({ err: messageOf(error), container: id }, 'cannot signal a container'));
}

/** Where a pod's hooks and probes reach it. */
export const hookAddress = ({ machine }: WorkerDeps, { spec, status }: Pod): string =>
  spec?.hostNetwork ? machine.hostIp : (status?.podIP ?? '');
