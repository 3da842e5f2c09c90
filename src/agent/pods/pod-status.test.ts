import { describe, expect, test } from 'vitest';
import { aContainer, anExit, aPod, aRun, aSandbox, observedPod } from './fixtures.ts';
import { podStatus, type PodStatus, type PodStatusInput } from './pod-status.ts';

function status(input: Partial<PodStatusInput>): PodStatus {
  return podStatus({
    pod: aPod(),
    observed: observedPod(),
    waiting: new Map(),
    started: new Set(),
    ready: new Set(),
    messages: new Map(),
    imageRef: (id) => `repo@${id}`,
    stopping: false,
    hostIp: '192.0.2.1',
    now: 100_000,
    ...input,
  });
}

const conditionsOf = (result: PodStatus): Record<string, string> =>
  Object.fromEntries(
    (result.conditions ?? []).map(({ type, status: value, reason, message }) => [
      type,
      [value, reason, message].filter(Boolean).join(' '),
    ]),
  );

describe('a container', () => {
  const state = (input: Partial<PodStatusInput>) => status(input).containerStatuses?.[0];

  test('is creating before it exists', () => {
    expect(state({})).toEqual({
      name: 'app',
      state: { waiting: { reason: 'ContainerCreating' } },
      lastState: {},
      ready: false,
      restartCount: 0,
      image: 'nginx:1',
      imageID: '',
      started: false,
    });
  });
  test('waits for the init containers by another name', () => {
    const pod = aPod({ initContainers: [aContainer({ name: 'init' })] });
    expect(state({ pod })?.state).toEqual({ waiting: { reason: 'PodInitializing' } });
  });
  test('runs', () => {
    const run = aRun();
    const input = { observed: observedPod([run]), started: new Set([run.id]), ready: new Set([run.id]) };
    expect(state(input)).toEqual({
      name: 'app',
      state: { running: { startedAt: '1970-01-01T00:00:02Z' } },
      lastState: {},
      ready: true,
      restartCount: 0,
      image: 'nginx:1',
      imageID: 'repo@sha256:1',
      containerID: 'docker://app-0',
      started: true,
    });
  });
  test.each([
    ['Completed', anExit(0), 0],
    ['Error', anExit(3), 3],
    ['OOMKilled', anExit(137, { oomKilled: true }), 137],
    ['OOMKilled', anExit(0, { oomKilled: true }), 0],
  ])('has ended: %s', (reason, exit, exitCode) => {
    expect(state({ observed: observedPod([exit]) })?.state).toEqual({
      terminated: {
        exitCode,
        reason,
        startedAt: '1970-01-01T00:00:02Z',
        finishedAt: '1970-01-01T00:00:03Z',
        containerID: 'docker://app-0',
      },
    });
  });
  test('could not be started, which upstream reports as 128 at the epoch', () => {
    const message = 'exec: "x": executable file not found in $PATH';
    const exit = anExit(127, { startError: message });
    expect(state({ observed: observedPod([exit]) })?.state?.terminated).toMatchObject({
      exitCode: 128,
      reason: 'StartError',
      message,
      startedAt: '1970-01-01T00:00:00Z',
    });
  });
  test('in back-off shows its end as the last state', () => {
    const waiting = new Map([['app', { reason: 'CrashLoopBackOff', message: 'back-off 10s …' }]]);
    const result = state({ observed: observedPod([anExit(1, { attempt: 2 })]), waiting });
    expect(result).toMatchObject({ restartCount: 2, state: { waiting: { reason: 'CrashLoopBackOff' } } });
    expect(result?.lastState?.terminated).toMatchObject({ exitCode: 1, reason: 'Error' });
  });
  test('running again shows the run before as the last state, with its message', () => {
    const observed = observedPod([aRun({ attempt: 1 }), anExit(7)]);
    expect(state({ observed, messages: new Map([['app-0', 'it broke']]) })?.lastState?.terminated).toMatchObject({
      exitCode: 7,
      message: 'it broke',
    });
  });
  test('a stale reason does not hide that it runs', () => {
    const waiting = new Map([['app', { reason: 'ErrImagePull', message: 'x' }]]);
    expect(state({ observed: observedPod([aRun()]), waiting })?.state).toHaveProperty('running');
  });
  test('removed behind our back keeps its count', () => {
    const running = { startedAt: '2026-01-01T00:00:00Z' };
    const before = { name: 'app', image: 'i', imageID: 'x', ready: true, restartCount: 3, state: { running } };
    const result = state({ pod: aPod({}, { status: { containerStatuses: [before] } }) });
    expect(result).toMatchObject({ restartCount: 3, lastState: { terminated: { reason: 'ContainerStatusUnknown' } } });
  });
});

describe('the phase', () => {
  const two = [aContainer(), aContainer({ name: 'b' })];
  const failed = (name = 'app') => anExit(1, { name });
  const done = (name = 'app') => anExit(0, { name });
  test.each([
    ['Pending', 'nothing runs yet', 'Always', [], false],
    ['Pending', 'one of two waits', 'Always', [aRun()], false],
    ['Running', 'both run', 'Always', [aRun(), aRun({ name: 'b' })], false],
    ['Running', 'one has ended', 'Never', [aRun(), failed('b')], false],
    ['Running', 'all have ended but restart', 'Always', [done(), done('b')], false],
    ['Running', 'a failed one restarts', 'OnFailure', [done(), failed('b')], false],
    ['Succeeded', 'all have succeeded', 'OnFailure', [done(), done('b')], false],
    ['Failed', 'one has failed for good', 'Never', [done(), failed('b')], false],
    ['Failed', 'stopped while restarting', 'Always', [done(), failed('b')], true],
    ['Succeeded', 'stopped cleanly', 'Always', [done(), done('b')], true],
  ])('is %s when %s', (phase, _, restartPolicy, containers, stopping) => {
    const pod = aPod({ containers: two, restartPolicy });
    expect(status({ pod, observed: observedPod(containers), stopping }).phase).toBe(phase);
  });

  const init = [aContainer({ name: 'init' })];
  test.each([
    ['Pending', 'an init container runs', 'Always', [aRun({ name: 'init' })]],
    ['Pending', 'it will be tried again', 'OnFailure', [failed('init')]],
    ['Failed', 'it will not', 'Never', [failed('init')]],
    ['Pending', 'it is done and the rest is to come', 'Never', [done('init')]],
    ['Running', 'the rest runs', 'Never', [aRun(), done('init')]],
  ])('is %s when %s', (phase, _, restartPolicy, containers) => {
    const pod = aPod({ initContainers: init, restartPolicy });
    expect(status({ pod, observed: observedPod(containers) }).phase).toBe(phase);
  });
  test('never comes back from its end', () => {
    expect(status({ pod: aPod({}, { status: { phase: 'Failed' } }), observed: observedPod([aRun()]) }).phase).toBe(
      'Failed',
    );
  });
});

describe('conditions', () => {
  test('of a pod that starts', () => {
    const pod = aPod({ initContainers: [aContainer({ name: 'one' }), aContainer({ name: 'two' })] });
    expect(conditionsOf(status({ pod, observed: observedPod([], []) }))).toEqual({
      PodReadyToStartContainers: 'False',
      Initialized: 'False ContainersNotInitialized containers with incomplete status: [one two]',
      Ready: 'False ContainersNotReady containers with unready status: [app]',
      ContainersReady: 'False ContainersNotReady containers with unready status: [app]',
      PodScheduled: 'True',
    });
  });
  test('of one that is ready, in upstream’s order', () => {
    const run = aRun();
    const result = conditionsOf(status({ observed: observedPod([run]), ready: new Set([run.id]) }));
    expect(Object.entries(result)).toEqual([
      ['PodReadyToStartContainers', 'True'],
      ['Initialized', 'True'],
      ['Ready', 'True'],
      ['ContainersReady', 'True'],
      ['PodScheduled', 'True'],
    ]);
  });
  test('of one that has completed', () => {
    const pod = aPod({ restartPolicy: 'Never' });
    expect(conditionsOf(status({ pod, observed: observedPod([anExit(0)], []) }))).toMatchObject({
      PodReadyToStartContainers: 'False',
      Initialized: 'True PodCompleted',
      Ready: 'False PodCompleted',
    });
  });
  test('readiness gates hold back Ready alone', () => {
    const run = aRun();
    const pod = aPod({ readinessGates: [{ conditionType: 'x/lb' }] });
    const result = conditionsOf(status({ pod, observed: observedPod([run]), ready: new Set([run.id]) }));
    expect(result['ContainersReady']).toBe('True');
    expect(result['Ready']).toBe(
      'False ReadinessGatesNotReady corresponding condition of pod readiness gate "x/lb" does not exist.',
    );
  });
  test('keep their transition time, and leave those of others alone', () => {
    const since = '2026-01-01T00:00:00Z';
    const others = { type: 'DisruptionTarget', status: 'True', lastTransitionTime: since };
    const conditions = [{ type: 'PodScheduled', status: 'True', lastTransitionTime: since }, others];
    const result = status({ pod: aPod({}, { status: { conditions } }) }).conditions ?? [];
    expect(result.find(({ type }) => type === 'PodScheduled')?.lastTransitionTime).toBe(since);
    expect(result.find(({ type }) => type === 'Ready')?.lastTransitionTime).toBe('1970-01-01T00:01:40Z');
    expect(result.at(-1)).toEqual(others);
  });
});

describe('addresses', () => {
  test('are the sandbox’s', () => {
    expect(status({})).toMatchObject({ podIP: '10.244.1.2', podIPs: [{ ip: '10.244.1.2' }], hostIP: '192.0.2.1' });
  });
  test('are the machine’s on its own network', () => {
    const observed = observedPod([], [{ ...aSandbox(), podIp: '' }]);
    expect(status({ pod: aPod({ hostNetwork: true }), observed }).podIP).toBe('192.0.2.1');
  });
});
