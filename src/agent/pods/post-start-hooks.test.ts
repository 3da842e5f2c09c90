import { describe, expect, test } from 'vitest';
import { aContainer, aPod, aRun, observedPod } from './fixtures.ts';
import { planPod, type PlanInput } from './plan.ts';
import { PostStartHooks } from './post-start-hooks.ts';

const hooked = aContainer({ lifecycle: { postStart: { exec: { command: ['true'] } } } });
const pod = aPod({ containers: [hooked, aContainer({ name: 'next' })] });
const plan = (input: Partial<PlanInput>) =>
  planPod({
    pod,
    observed: observedPod([aRun()]),
    backoff: {},
    signalledAt: new Map(),
    unhealthy: new Map(),
    hooking: new Set(),
    started: new Set(),
    now: 100_000,
    ...input,
  }).actions.map((action) =>
    action.kind === 'start' ? action.container.name : action.kind === 'signal' ? action.message : action.kind,
  );

describe('the plan', () => {
  test('starts the next container only after the hook of the one before', () => {
    expect(plan({ observed: observedPod([]) })).toEqual(['app']);
    expect(plan({ hooking: new Set(['app-0']) })).toEqual([]);
    expect(plan({})).toEqual(['next']);
  });
  test('kills a container whose hook has failed', () => {
    const observed = observedPod([aRun(), aRun({ name: 'next' })]);
    expect(plan({ observed, unhealthy: new Map([['app-0', 'postStart']]) })).toEqual(['FailedPostStartHook']);
  });
});

test('hooks are known while they run, and remembered when they fail', async () => {
  const hooks = new PostStartHooks();
  let fail: (error: Error) => void = () => undefined;
  const ended = new Promise<string | undefined>((resolve) => {
    hooks.begin('a', () => new Promise((_done, reject) => (fail = reject)), resolve);
  });
  expect([...hooks.running]).toEqual(['a']);
  fail(new Error('no'));
  expect(await ended).toBe('no');
  expect([[...hooks.running], [...hooks.failed]]).toEqual([[], ['a']]);
  await new Promise((resolve) => hooks.begin('b', () => Promise.resolve(), resolve));
  expect([[...hooks.running], [...hooks.failed]]).toEqual([[], ['a']]);
  hooks.keepOnly(new Set());
  expect([...hooks.failed]).toEqual([]);
});
