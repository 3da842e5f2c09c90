import { describe, expect, test } from 'vitest';
import type { ContainerStatus, Pod } from '../api/kinds.ts';
import { summarizePod } from './pod-summary.ts';

const status = (name: string, part: Partial<ContainerStatus>): ContainerStatus => ({
  name,
  image: 'i',
  imageID: '',
  ready: false,
  restartCount: 0,
  ...part,
});
const running = { state: { running: {} }, ready: true };
const waiting = (reason: string) => ({ state: { waiting: { reason } } });
const ended = (exitCode: number, part: object = {}) => ({ state: { terminated: { exitCode, ...part } } });

interface PodParts {
  containers?: ContainerStatus[];
  init?: ContainerStatus[];
  sidecars?: string[];
  pod?: Pod['status'];
  deleting?: boolean;
}

function aPod({ containers = [], init = [], sidecars = [], pod = {}, deleting }: PodParts): Pod {
  return {
    metadata: { name: 'p', ...(deleting ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}) },
    spec: {
      containers: containers.length === 0 ? [{ name: 'c' }] : containers.map(({ name }) => ({ name })),
      initContainers: init.map(({ name }) => ({
        name,
        ...(sidecars.includes(name) ? { restartPolicy: 'Always' } : {}),
      })),
    },
    status: { phase: 'Running', containerStatuses: containers, initContainerStatuses: init, ...pod },
  };
}

const pending = { phase: 'Pending' };

describe('STATUS and READY of a pod', () => {
  test.each<[string, PodParts, string, string]>([
    ['not yet scheduled', { pod: pending }, 'Pending', '0/1'],
    ['running', { containers: [status('a', running), status('b', running)] }, 'Running', '2/2'],
    ['creating', { containers: [status('a', waiting('ContainerCreating'))], pod: pending }, 'ContainerCreating', '0/1'],
    [
      'bad image',
      { containers: [status('a', running), status('b', waiting('ImagePullBackOff'))] },
      'ImagePullBackOff',
      '1/2',
    ],
    [
      'first trouble wins over the second',
      { containers: [status('a', waiting('CrashLoopBackOff')), status('b', waiting('ErrImagePull'))] },
      'CrashLoopBackOff',
      '0/2',
    ],
    ['out of memory', { containers: [status('a', ended(137, { reason: 'OOMKilled' }))] }, 'OOMKilled', '0/1'],
    ['exit code without a reason', { containers: [status('a', ended(3))] }, 'ExitCode:3', '0/1'],
    ['signal without a reason', { containers: [status('a', ended(137, { signal: 9 }))] }, 'Signal:9', '0/1'],
    [
      'completed',
      { containers: [status('a', ended(0, { reason: 'Completed' }))], pod: { phase: 'Succeeded' } },
      'Completed',
      '0/1',
    ],
    [
      'one done, one running and ready',
      {
        containers: [status('a', ended(0, { reason: 'Completed' })), status('b', running)],
        pod: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
      },
      'Running',
      '1/2',
    ],
    [
      'one done, one running, pod not ready',
      { containers: [status('a', ended(0, { reason: 'Completed' })), status('b', running)] },
      'NotReady',
      '1/2',
    ],
    ['evicted', { pod: { phase: 'Failed', reason: 'Evicted' } }, 'Evicted', '0/1'],
    [
      'gated',
      { pod: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] } },
      'SchedulingGated',
      '0/1',
    ],
    ['terminating', { containers: [status('a', running)], deleting: true }, 'Terminating', '1/1'],
    ['terminating, but over already', { pod: { phase: 'Failed' }, deleting: true }, 'Failed', '0/1'],
    ['on a lost node', { pod: { phase: 'Running', reason: 'NodeLost' }, deleting: true }, 'Unknown', '0/1'],
    [
      'first of two init containers runs',
      { init: [status('i', { state: { running: {} } }), status('j', waiting('PodInitializing'))], pod: pending },
      'Init:0/2',
      '0/1',
    ],
    [
      'second init container waits',
      { init: [status('i', ended(0)), status('j', waiting('PodInitializing'))], pod: pending },
      'Init:1/2',
      '0/1',
    ],
    [
      'init container crashes',
      { init: [status('i', waiting('CrashLoopBackOff'))], pod: pending },
      'Init:CrashLoopBackOff',
      '0/1',
    ],
    [
      'init container failed',
      { init: [status('i', ended(2, { reason: 'Error' }))], pod: pending },
      'Init:Error',
      '0/1',
    ],
    [
      'init container failed without a reason',
      { init: [status('i', ended(2))], pod: pending },
      'Init:ExitCode:2',
      '0/1',
    ],
    [
      'a started sidecar counts as ready',
      { init: [status('s', { ...running, started: true })], sidecars: ['s'], containers: [status('a', running)] },
      'Running',
      '2/2',
    ],
  ])('%s', (_name, parts, expectedStatus, ready) => {
    const summary = summarizePod(aPod(parts));
    expect([summary.status, `${summary.ready}/${summary.total}`]).toEqual([expectedStatus, ready]);
  });
});

test('restarts say when the last one was', () => {
  const crashed = (finishedAt: string, restartCount: number) =>
    ({ ...running, restartCount, lastState: { terminated: { exitCode: 1, finishedAt } } }) as Partial<ContainerStatus>;
  const pod = aPod({
    containers: [status('a', crashed('2026-01-01T00:05:00Z', 2)), status('b', crashed('2026-01-01T00:01:00Z', 1))],
  });
  expect(summarizePod(pod)).toMatchObject({ restarts: 3, lastRestart: '2026-01-01T00:05:00Z' });
  expect(summarizePod(aPod({}))).not.toHaveProperty('lastRestart');
});

test('once running, restarts of ordinary init containers no longer count', () => {
  const pod = aPod({
    init: [status('i', { ...ended(0), restartCount: 4 }), status('s', { ...running, started: true, restartCount: 1 })],
    sidecars: ['s'],
    containers: [status('a', { ...running, restartCount: 2 })],
  });
  expect(summarizePod(pod).restarts).toBe(3);
});
