import { describe, expect, test } from 'vitest';
import { aContainer, anExit, aPod, aRun, aSandbox, observedPod } from './fixtures.ts';
import { backoffKey, planPod, type Plan, type PlanInput } from './plan.ts';
import { nextBackoff, type BackoffEntry } from './restart-backoff.ts';

function plan(input: Partial<PlanInput>): Plan {
  return planPod({
    pod: aPod(),
    observed: observedPod(),
    backoff: {},
    signalledAt: new Map(),
    unhealthy: new Map(),
    hooking: new Set(),
    started: new Set(),
    now: 100_000,
    ...input,
  });
}

/** A plan as short words: `start app 1`, `signal app-0`. */
const words = ({ actions }: Plan): string[] =>
  actions.map((action) => {
    switch (action.kind) {
      case 'createSandbox':
        return `createSandbox ${action.attempt}`;
      case 'removeSandbox':
        return `removeSandbox ${action.sandbox.id}`;
      case 'start':
        return `start ${action.container.name} ${action.attempt}`;
      default:
        return `${action.kind} ${action.container.id}`;
    }
  });

const key = backoffKey(aContainer());
const LOST = [aSandbox({ running: false })];

describe('starting a pod', () => {
  test('begins with the sandbox', () => {
    expect(words(plan({ observed: observedPod([], []) }))).toEqual(['createSandbox 0']);
  });
  test('then starts every container', () => {
    const pod = aPod({ containers: [aContainer(), aContainer({ name: 'side' })] });
    expect(words(plan({ pod }))).toEqual(['start app 0', 'start side 0']);
  });
  test('leaves a running pod alone', () => {
    expect(plan({ observed: observedPod([aRun()]) })).toEqual({ actions: [], crashLooping: new Map(), stopped: false });
  });
  test('makes a container again that was created and never started', () => {
    expect(words(plan({ observed: observedPod([aRun({ state: 'created', attempt: 3 })]) }))).toEqual([
      'remove app-3',
      'start app 3',
    ]);
  });
  test('counts on from the reported restarts when the container was removed behind its back', () => {
    const status = { name: 'app', containerID: 'docker://x', restartCount: 4, image: '', imageID: '', ready: false };
    expect(words(plan({ pod: aPod({}, { status: { containerStatuses: [status] } }) }))).toEqual(['start app 5']);
  });
  test('replaces a running container whose image was changed', () => {
    const result = plan({
      pod: aPod({ containers: [aContainer({ image: 'nginx:2' })] }),
      observed: observedPod([aRun()]),
    });
    expect(result.actions).toEqual([
      { kind: 'signal', container: aRun(), message: 'Container app definition changed, will be restarted' },
    ]);
  });
});

describe('restart policy', () => {
  test.each([
    ['Always', 0, ['start app 1']],
    ['Always', 1, ['start app 1']],
    ['OnFailure', 0, ['removeSandbox s0']],
    ['OnFailure', 1, ['start app 1']],
    ['Never', 0, ['removeSandbox s0']],
    ['Never', 1, ['removeSandbox s0']],
  ])('%s after exit code %i', (restartPolicy, exitCode, expected) => {
    expect(words(plan({ pod: aPod({ restartPolicy }), observed: observedPod([anExit(exitCode)]) }))).toEqual(expected);
  });
  test('the sandbox stays while another container runs', () => {
    const pod = aPod({ restartPolicy: 'Never', containers: [aContainer(), aContainer({ name: 'b' })] });
    expect(words(plan({ pod, observed: observedPod([anExit(0), aRun({ name: 'b' })]) }))).toEqual([]);
  });
  test('a pod that has ended keeps no sandbox and gets none', () => {
    const pod = aPod({ restartPolicy: 'Never' });
    expect(words(plan({ pod, observed: observedPod([anExit(1)], []) }))).toEqual([]);
  });
  test('only the last dead container of a name is kept', () => {
    const observed = observedPod([aRun({ attempt: 3 }), anExit(1, { attempt: 2 }), anExit(1, { attempt: 1 })]);
    expect(words(plan({ observed }))).toEqual(['remove app-1']);
  });
});

describe('restart back-off', () => {
  const crashed = observedPod([anExit(1, { attempt: 2, finishedAt: 90_000 })]);

  test('the first crash is followed by a start at once', () => {
    expect(words(plan({ observed: observedPod([anExit(1, { finishedAt: 100_000 })]) }))).toEqual(['start app 1']);
  });
  test('waits out the delay since the container ended, with the words of upstream', () => {
    const backoff = { [key]: { delayMs: 40_000, lastUpdate: 80_000 } };
    const result = plan({ observed: crashed, backoff });
    expect(words(result)).toEqual([]);
    expect(result.wakeAt).toBe(130_000);
    expect(result.crashLooping.get('app')).toEqual({
      message: 'back-off 40s restarting failed container=app pod=web_default(u1)',
      until: 130_000,
    });
  });
  test('starts when the delay is over', () => {
    const backoff = { [key]: { delayMs: 10_000, lastUpdate: 80_000 } };
    expect(words(plan({ observed: crashed, backoff }))).toEqual(['start app 3']);
  });
  test('is forgotten after ten minutes of running', () => {
    const backoff = { [key]: { delayMs: 300_000, lastUpdate: 80_000 } };
    const observed = observedPod([anExit(1, { finishedAt: 680_001 })]);
    expect(words(plan({ observed, backoff, now: 680_002 }))).toEqual(['start app 1']);
  });
  test('doubles from 10 s to 5 min', () => {
    let entry: BackoffEntry | undefined;
    const delays = Array.from({ length: 7 }, (_, index) => {
      entry = nextBackoff(entry, index * 1000, index * 1000);
      return entry.delayMs / 1000;
    });
    expect(delays).toEqual([10, 20, 40, 80, 160, 300, 300]);
  });
});

describe('init containers', () => {
  const init = [aContainer({ name: 'one' }), aContainer({ name: 'two' })];
  test.each([
    ['the first', [], 'Always', ['start one 0']],
    ['nothing while it runs', [aRun({ name: 'one' })], 'Always', []],
    ['the second after the first', [anExit(0, { name: 'one' })], 'Always', ['start two 0']],
    ['it again when it failed', [anExit(1, { name: 'one' })], 'OnFailure', ['start one 1']],
    ['nothing more when it failed and must not restart', [anExit(1, { name: 'one' })], 'Never', ['removeSandbox s0']],
    ['the containers', [anExit(0, { name: 'two' }), anExit(0, { name: 'one' })], 'Always', ['start app 0']],
    ['all again in a new sandbox', [anExit(0, { name: 'one', sandboxId: 'old' })], 'Always', ['start one 1']],
  ])('runs %s', (_, containers, restartPolicy, expected) => {
    const pod = aPod({ initContainers: init, restartPolicy });
    expect(words(plan({ pod, observed: observedPod(containers) }))).toEqual(expected);
  });

  const sidecar = [aContainer({ name: 'proxy', restartPolicy: 'Always' })];
  const proxy = aRun({ name: 'proxy' });
  test('a sidecar lets the rest start only once it has started', () => {
    const pod = aPod({ initContainers: sidecar });
    const observed = observedPod([proxy]);
    expect(words(plan({ pod, observed }))).toEqual([]);
    expect(words(plan({ pod, observed, started: new Set([proxy.id]) }))).toEqual(['start app 0']);
  });
  test('a sidecar stops after the others', () => {
    const pod = aPod({ initContainers: sidecar });
    const termination = { graceSeconds: 30 };
    expect(words(plan({ pod, termination, observed: observedPod([proxy, aRun()]) }))).toEqual(['signal app-0']);
    expect(words(plan({ pod, termination, observed: observedPod([proxy, anExit(0)]) }))).toEqual(['signal proxy-0']);
  });
  test('a sidecar ends with a job-like pod', () => {
    const pod = aPod({ initContainers: sidecar, restartPolicy: 'Never' });
    const input = { pod, observed: observedPod([anExit(0), proxy]), started: new Set([proxy.id]) };
    expect(words(plan(input))).toEqual(['signal proxy-0']);
  });
});

describe('a lost sandbox', () => {
  test('what still runs is stopped first', () => {
    expect(words(plan({ observed: observedPod([aRun()], LOST) }))).toEqual(['signal app-0']);
  });
  test('then everything is made again in a new one', () => {
    const observed = observedPod([anExit(137)], LOST);
    const result = plan({ observed });
    expect(words(result)).toEqual(['removeSandbox s0', 'createSandbox 1']);
    expect(result.actions[1]).toMatchObject({ changed: true });
  });
  test('a container in an older sandbox than the running one is stopped', () => {
    const observed = observedPod([aRun({ sandboxId: 'old' })]);
    expect(words(plan({ observed }))).toEqual(['signal app-0']);
  });
  test.each([
    ['Never', 137, ['removeSandbox s0']],
    ['OnFailure', 0, ['removeSandbox s0']],
    ['OnFailure', 137, ['removeSandbox s0', 'createSandbox 1']],
  ])('with restartPolicy %s after exit code %i', (restartPolicy, exitCode, expected) => {
    const observed = observedPod([anExit(exitCode)], LOST);
    expect(words(plan({ pod: aPod({ restartPolicy }), observed }))).toEqual(expected);
  });
});

describe('termination', () => {
  test('sidecars have what the others have left of the grace, and two seconds at least', () => {
    const proxy = aRun({ name: 'proxy' });
    const input = {
      pod: aPod({ initContainers: [aContainer({ name: 'proxy', restartPolicy: 'Always' })] }),
      observed: observedPod([proxy, anExit(0)]),
    };
    const killedAt = (signalled: number, since: number): number | undefined =>
      plan({ ...input, termination: { graceSeconds: 30, since }, signalledAt: new Map([['proxy-0', signalled]]) })
        .wakeAt;
    expect(killedAt(100_000, 90_000)).toBe(120_000);
    expect(killedAt(100_000, 70_500)).toBe(102_000);
  });
  const termination = { graceSeconds: 30 };
  test('signals, waits for the grace, and kills', () => {
    const observed = observedPod([aRun()]);
    const first = plan({ termination, observed });
    expect(words(first)).toEqual(['signal app-0']);
    expect(first.wakeAt).toBe(130_000);
    const signalledAt = new Map([['app-0', 100_000]]);
    expect(words(plan({ termination, observed, signalledAt, now: 129_999 }))).toEqual([]);
    expect(words(plan({ termination, observed, signalledAt, now: 130_000 }))).toEqual(['kill app-0']);
  });
  test('a shorter grace given later is honoured, but never under two seconds', () => {
    const input = { observed: observedPod([aRun()]), signalledAt: new Map([['app-0', 100_000]]) };
    const now = { graceSeconds: 0 };
    expect(words(plan({ ...input, termination: now, now: 101_999 }))).toEqual([]);
    expect(words(plan({ ...input, termination: now, now: 102_000 }))).toEqual(['kill app-0']);
  });
  test('nothing is restarted, the sandbox goes last', () => {
    expect(words(plan({ termination, observed: observedPod([anExit(0)]) }))).toEqual(['removeSandbox s0']);
    expect(plan({ termination, observed: observedPod([anExit(0)], []) })).toMatchObject({ actions: [], stopped: true });
  });
});

describe('failed probes', () => {
  test.each([
    ['liveness', 130_000],
    ['startup', 105_000],
  ] as const)('%s', (failure, wakeAt) => {
    const pod = aPod({ containers: [aContainer({ startupProbe: { terminationGracePeriodSeconds: 5 } })] });
    const result = plan({ pod, observed: observedPod([aRun()]), unhealthy: new Map([['app-0', failure]]) });
    expect(result.actions).toEqual([
      { kind: 'signal', container: aRun(), message: `Container app failed ${failure} probe, will be restarted` },
    ]);
    expect(result.wakeAt).toBe(wakeAt);
  });
});
