import { describe, expect, test } from 'vitest';
import type { Pod } from '../../shared/api/kinds.ts';
import { containerSpec } from '../runtime/container-spec.ts';
import { aContainer, anExit, aPod, aRun, aSandbox, observedPod } from './fixtures.ts';
import { planPod, type PlanInput } from './plan.ts';
import { fieldPathOf } from './pod-containers.ts';
import { podStatus } from './pod-status.ts';
import { referencesOf } from './references.ts';

const debug = { name: 'debugger', image: 'busybox:1', targetContainerName: 'app' };
const pod = aPod({ ephemeralContainers: [debug] });

function started(input: Partial<PlanInput>): string[] {
  const { actions } = planPod({
    pod,
    observed: observedPod([aRun()]),
    backoff: {},
    signalledAt: new Map(),
    unhealthy: new Map(),
    hooking: new Set(),
    started: new Set(),
    now: 100_000,
    ...input,
  });
  return actions.map((action) => (action.kind === 'start' ? action.container.name : action.kind));
}

describe('the plan', () => {
  test('starts it beside a running container', () => {
    expect(started({})).toEqual(['debugger']);
  });
  test('starts it before the pod is initialised', () => {
    const waiting: Pod = aPod({ initContainers: [aContainer({ name: 'init' })], ephemeralContainers: [debug] });
    expect(started({ pod: waiting, observed: observedPod([aRun({ name: 'init' })]) })).toEqual(['debugger']);
  });
  test('never starts it twice, whatever the restart policy', () => {
    expect(started({ observed: observedPod([aRun(), anExit(1, { name: 'debugger' })]) })).toEqual([]);
  });
  test('does not keep a pod alive for it that has ended, nor starts it there', () => {
    const ended = aPod({ restartPolicy: 'Never', ephemeralContainers: [debug] });
    expect(started({ pod: ended, observed: observedPod([anExit(0)]) })).toEqual(['removeSandbox']);
    const looked = observedPod([anExit(0), aRun({ name: 'debugger' })]);
    expect(started({ pod: ended, observed: looked })).toEqual(['signal']);
  });
});

describe('its status', () => {
  const statusOf = (containers: ReturnType<typeof aRun>[]) =>
    podStatus({
      pod,
      observed: observedPod(containers),
      waiting: new Map(),
      started: new Set(['app-0']),
      ready: new Set(['app-0']),
      messages: new Map(),
      imageRef: (id) => id,
      stopping: false,
      hostIp: undefined,
      now: 0,
    });
  test('is in a list of its own and says nothing of having started', () => {
    const status = statusOf([aRun(), aRun({ name: 'debugger' })]);
    expect(status.ephemeralContainerStatuses).toEqual([
      expect.objectContaining({ name: 'debugger', ready: false, state: { running: expect.anything() as unknown } }),
    ]);
    expect(status.ephemeralContainerStatuses?.[0]).not.toHaveProperty('started');
  });
  test('takes no part in whether the pod is ready', () => {
    const status = statusOf([aRun(), anExit(1, { name: 'debugger' })]);
    expect(status.phase).toBe('Running');
    expect(status.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True');
  });
});

test('it joins the processes of its target, unless the pod shares them all', () => {
  const of = (spec: Partial<NonNullable<Pod['spec']>>) =>
    containerSpec({
      pod: aPod(spec),
      container: debug,
      clusterId: 'c',
      attempt: 0,
      sandboxId: aSandbox().id,
      targetId: 'app-0',
      imageRef: 'sha256:1',
      imageUser: '',
      env: [],
      mounts: [],
      oomScoreAdj: 0,
      command: undefined,
      args: undefined,
    }).HostConfig?.PidMode;
  expect(of({})).toBe('container:app-0');
  expect(of({ shareProcessNamespace: true })).toBe('container:s0');
  expect(of({ hostPID: true })).toBe('host');
});

test('events name its list, and what it refers to is fetched', () => {
  expect(fieldPathOf(pod, debug)).toBe('spec.ephemeralContainers{debugger}');
  const curious = { ...debug, envFrom: [{ secretRef: { name: 'keys' } }] };
  expect([...referencesOf(aPod({ ephemeralContainers: [curious] })).secrets]).toEqual(['keys']);
});
