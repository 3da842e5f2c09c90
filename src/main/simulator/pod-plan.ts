import type { Container, ContainerStatus, Pod } from '../../shared/api/kinds.ts';
import { fnv32a } from '../../shared/api/hash.ts';
import { completes, playedFailure, playedPullFailure, stageDelay } from './stages.ts';

export type PodStatus = NonNullable<Pod['status']>;
type PodCondition = NonNullable<PodStatus['conditions']>[number];

/** What a simulated kubelet does next with a pod. `afterMs`: look again then. */
export type PodAction =
  | { do: 'nothing' }
  | { do: 'wait'; afterMs: number }
  | { do: 'status'; status: PodStatus; afterMs: number }
  | { do: 'delete' };

/** Restart back-off of the real kubelet: 10 s doubling to 5 min; the first restart is at once. */
export function restartDelayMs(restartCount: number): number {
  return restartCount === 0 ? 0 : Math.min(10_000 * 2 ** (restartCount - 1), 300_000);
}

const stamp = (now: number): string => new Date(now).toISOString().replace(/\.\d+Z$/, 'Z');
const millis = (time: string | undefined): number => (time ? Date.parse(time) : 0);

/** The phase a simulated pod should be in at `now` (ms), and what leads there. Pure: the pod carries all state. */
export function planPod(pod: Pod, node: { address: string; podCidr: string }, now: number): PodAction {
  const status = pod.status ?? {};
  if (pod.metadata?.deletionTimestamp) {
    const graceMs = (pod.metadata.deletionGracePeriodSeconds ?? 0) * 1000;
    return at(
      millis(pod.metadata.deletionTimestamp) - graceMs + Math.min(graceMs, stageDelay(pod, 'pod-delete')),
      now,
      { do: 'delete' },
    );
  }
  if (status.phase === 'Succeeded' || status.phase === 'Failed') return { do: 'nothing' };
  if (!status.startTime) return create(pod, node, now);
  if (status.phase !== 'Running') return start(pod, now);
  return run(pod, now);
}

function at(due: number, now: number, action: PodAction): PodAction {
  return due > now ? { do: 'wait', afterMs: due - now } : action;
}

function create(pod: Pod, node: { address: string; podCidr: string }, now: number): PodAction {
  const scheduled = pod.status?.conditions?.find((condition) => condition.type === 'PodScheduled')?.lastTransitionTime;
  const due = millis(scheduled ?? pod.metadata?.creationTimestamp) + stageDelay(pod, 'pod-create');
  const podIP = pod.spec?.hostNetwork ? node.address : podAddress(node.podCidr, pod.metadata?.uid ?? '');
  const status: PodStatus = {
    phase: 'Pending',
    hostIP: node.address,
    hostIPs: [{ ip: node.address }],
    podIP,
    podIPs: [{ ip: podIP }],
    startTime: stamp(now),
    conditions: conditions(pod, now, {
      PodReadyToStartContainers: 'True',
      Initialized: 'True',
      Ready: 'False',
      ContainersReady: 'False',
    }),
    containerStatuses: containers(pod).map((container) =>
      waiting(container, undefined, 'ContainerCreating', undefined),
    ),
  };
  return at(due, now, { do: 'status', status, afterMs: 0 });
}

function start(pod: Pod, now: number): PodAction {
  const startedAt = millis(pod.status?.startTime);
  const refused = playedPullFailure(pod);
  const due = startedAt + stageDelay(pod, 'pod-ready');
  if (due > now) return { do: 'wait', afterMs: due - now };
  if (refused === undefined) return { do: 'status', status: allRunning(pod, now), afterMs: 0 };
  const backingOff = now - due > 3_000;
  const said = pod.status?.containerStatuses?.[0]?.state?.waiting?.reason;
  if (said === (backingOff ? 'ImagePullBackOff' : 'ErrImagePull'))
    return backingOff ? { do: 'nothing' } : { do: 'wait', afterMs: 3_001 - (now - due) };
  const status: PodStatus = {
    containerStatuses: containers(pod).map((container) =>
      backingOff
        ? waiting(
            container,
            undefined,
            'ImagePullBackOff',
            `Back-off pulling image "${container.image ?? ''}": ErrImagePull: ${refused}`,
          )
        : waiting(container, undefined, 'ErrImagePull', refused),
    ),
  };
  return { do: 'status', status, afterMs: 3_001 };
}

/** A running pod: completes, fails as asked, or restarts a failed container when its back-off is over. */
function run(pod: Pod, now: number): PodAction {
  const statuses = pod.status?.containerStatuses ?? [];
  const runningSince = Math.max(...statuses.map((each) => millis(each.state?.running?.startedAt)));
  if (completes(pod)) {
    const done = at(runningSince + stageDelay(pod, 'pod-complete'), now, {
      do: 'status',
      status: succeeded(pod, now),
      afterMs: 0,
    });
    if (done.do !== 'wait' || playedFailure(pod) === undefined) return done;
  }
  const failure = playedFailure(pod);
  if (!failure) return { do: 'nothing' };
  const failsAfter = stageDelay(pod, 'pod-container-running-failed');
  let next = Infinity;
  let changed = false;
  const updated = statuses.map((each) => {
    if (failure.containerName && failure.containerName !== each.name) return each;
    const due = each.state?.running
      ? millis(each.state.running.startedAt) + failsAfter
      : millis(each.lastState?.terminated?.finishedAt ?? each.state?.terminated?.finishedAt) +
        restartDelayMs(each.restartCount);
    if (due > now) {
      next = Math.min(next, due - now);
      return each;
    }
    changed = true;
    return each.state?.running ? crashed(pod, each, failure, now) : restarted(each, now);
  });
  if (!changed) return next === Infinity ? { do: 'nothing' } : { do: 'wait', afterMs: next };
  return { do: 'status', status: afterCrash(pod, updated, now), afterMs: 0 };
}

function afterCrash(pod: Pod, statuses: ContainerStatus[], now: number): PodStatus {
  const ready = statuses.every((each) => each.ready) ? 'True' : 'False';
  const ended = pod.spec?.restartPolicy === 'Never' && statuses.every((each) => each.state?.terminated);
  return {
    phase: ended ? 'Failed' : 'Running',
    containerStatuses: statuses,
    conditions: conditions(pod, now, { Ready: ready, ContainersReady: ready }),
  };
}

function crashed(
  pod: Pod,
  status: ContainerStatus,
  failure: { exitCode: number; reason: string; message: string },
  now: number,
): ContainerStatus {
  const terminated = {
    exitCode: failure.exitCode,
    reason: failure.reason,
    ...(failure.message ? { message: failure.message } : {}),
    startedAt: status.state?.running?.startedAt ?? stamp(now),
    finishedAt: stamp(now),
    ...(status.containerID ? { containerID: status.containerID } : {}),
  };
  const { name: podName = '', namespace = '', uid = '' } = pod.metadata ?? {};
  if (pod.spec?.restartPolicy === 'Never') return { ...status, ready: false, started: false, state: { terminated } };
  const delay = restartDelayMs(status.restartCount);
  const text = delay >= 60_000 ? `${Math.floor(delay / 60_000)}m${(delay % 60_000) / 1000}s` : `${delay / 1000}s`;
  const state: NonNullable<ContainerStatus['state']> =
    delay === 0
      ? { terminated }
      : {
          waiting: {
            reason: 'CrashLoopBackOff',
            message: `back-off ${text} restarting failed container=${status.name} pod=${podName}_${namespace}(${uid})`,
          },
        };
  return { ...status, ready: false, started: false, state, lastState: { terminated } };
}

function restarted(status: ContainerStatus, now: number): ContainerStatus {
  const previous = status.lastState ?? (status.state?.terminated ? { terminated: status.state.terminated } : {});
  return {
    ...status,
    ready: true,
    started: true,
    restartCount: status.restartCount + 1,
    state: { running: { startedAt: stamp(now) } },
    lastState: previous,
  };
}

function allRunning(pod: Pod, now: number): PodStatus {
  return {
    phase: 'Running',
    conditions: conditions(pod, now, { Ready: 'True', ContainersReady: 'True' }),
    containerStatuses: containers(pod).map((container) => ({
      name: container.name,
      image: container.image ?? '',
      imageID: `simulated://${container.image ?? ''}`,
      containerID: `simulated://${pod.metadata?.uid ?? ''}/${container.name}`,
      ready: true,
      started: true,
      restartCount: 0,
      state: { running: { startedAt: stamp(now) } },
      lastState: {},
    })),
  };
}

function succeeded(pod: Pod, now: number): PodStatus {
  return {
    phase: 'Succeeded',
    conditions: conditions(pod, now, { Ready: 'False', ContainersReady: 'False' }, 'PodCompleted'),
    containerStatuses: (pod.status?.containerStatuses ?? []).map((each) => ({
      ...each,
      ready: false,
      started: false,
      state: {
        terminated: {
          exitCode: 0,
          reason: 'Completed',
          startedAt: each.state?.running?.startedAt ?? stamp(now),
          finishedAt: stamp(now),
        },
      },
    })),
  };
}

const containers = (pod: Pod): Container[] => pod.spec?.containers ?? [];

function waiting(
  container: Container,
  restartCount: number | undefined,
  reason: string,
  message: string | undefined,
): ContainerStatus {
  return {
    name: container.name,
    image: container.image ?? '',
    imageID: '',
    ready: false,
    started: false,
    restartCount: restartCount ?? 0,
    state: { waiting: { reason, ...(message ? { message } : {}) } },
    lastState: {},
  };
}

/** The pod's conditions with some changed; a transition time moves only when the status does. */
function conditions(pod: Pod, now: number, changed: Record<string, 'True' | 'False'>, reason?: string): PodCondition[] {
  const before = pod.status?.conditions ?? [];
  const kept = before.filter((condition) => !(condition.type in changed));
  const set = Object.entries(changed).map(([type, status]): PodCondition => {
    const old = before.find((condition) => condition.type === type);
    if (old?.status === status) return old;
    const why =
      status === 'False' ? (reason ?? (type.includes('Ready') ? 'ContainersNotReady' : undefined)) : undefined;
    return { type, status, lastTransitionTime: stamp(now), ...(why ? { reason: why } : {}) };
  });
  return [...kept, ...set];
}

/** An address of the node's pod CIDR, chosen by the pod's uid. */
function podAddress(podCidr: string, uid: string): string {
  const prefix = podCidr.split('.').slice(0, 3).join('.');
  return `${prefix}.${2 + (fnv32a(new TextEncoder().encode(uid)) % 252)}`;
}
