import { describe, expect, test } from 'vitest';
import type { Pod } from '../api/kinds.ts';
import { podRow } from './pod-row.ts';
import { podRequests } from './pod-requests.ts';

type Loose = Record<string, unknown>;

interface Shape {
  spec?: Loose;
  status?: Loose;
  metadata?: Loose;
}

function aPod({ spec, status, metadata }: Shape): Pod {
  return {
    metadata: { name: 'web-1', namespace: 'default', uid: 'u', creationTimestamp: '2026-01-01T00:00:00Z', ...metadata },
    spec: { containers: [{ name: 'app', image: 'nginx:1' }], nodeName: 'wh-1', ...spec },
    status: { phase: 'Running', ...status },
  } as unknown as Pod;
}

const container = (state: Loose, rest: Loose = {}): Loose => ({
  name: 'app',
  image: 'nginx:1',
  ready: false,
  restartCount: 0,
  state,
  ...rest,
});
const running = { running: { startedAt: '2026-01-01T00:00:05Z' } };
const waiting = (reason: string, message?: string): Loose => ({ waiting: { reason, message } });
const ended = (exitCode: number, rest: Loose = {}): Loose => ({
  terminated: { exitCode, startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:04Z', ...rest },
});
const withContainers = (...containerStatuses: Loose[]): Shape => ({ status: { containerStatuses } });
const gate = { type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' };
const unschedulable = {
  type: 'PodScheduled',
  status: 'False',
  message: '0/3 nodes are available: 3 Insufficient cpu.',
};
const twoInit = { containers: [{ name: 'app' }], initContainers: [{ name: 'one' }, { name: 'two' }] };

describe('the state of a pod', () => {
  const cases: [string, Shape, string, string, string?][] = [
    ['all ready', withContainers(container(running, { ready: true })), 'healthy', 'Running'],
    ['just started', withContainers(container(running)), 'working', 'Running', '0 of 1 containers are ready.'],
    [
      'restarted, not ready',
      withContainers(container(running, { restartCount: 2 })),
      'warning',
      'Running',
      '0 of 1 containers are ready.',
    ],
    [
      'not yet scheduled',
      { spec: { nodeName: '' }, status: { phase: 'Pending' } },
      'working',
      'Pending',
      'Waiting to be assigned to a node.',
    ],
    [
      'assigned',
      { status: { phase: 'Pending' } },
      'working',
      'Pending',
      'Assigned to wh-1, which has not started it yet.',
    ],
    [
      'nowhere to go',
      { status: { phase: 'Pending', conditions: [unschedulable] } },
      'waiting',
      'Pending',
      'No node can take it: 0/3 nodes are available: 3 Insufficient cpu.',
    ],
    [
      'gated',
      { status: { phase: 'Pending', conditions: [gate] } },
      'waiting',
      'SchedulingGated',
      'Held back by a scheduling gate until its owner removes it.',
    ],
    [
      'being created',
      withContainers(container(waiting('ContainerCreating'))),
      'working',
      'ContainerCreating',
      'The node is preparing its network, volumes and images.',
    ],
    [
      'crashing',
      withContainers(container(waiting('CrashLoopBackOff'), { restartCount: 3, lastState: ended(1) })),
      'failing',
      'CrashLoopBackOff',
      'The container app ends 4 s after it starts with exit code 1; it is tried again after a pause.',
    ],
    [
      'crashing for want of its command',
      withContainers(
        container(waiting('CrashLoopBackOff'), { lastState: ended(127, { finishedAt: '2026-01-01T00:00:00Z' }) }),
      ),
      'failing',
      'CrashLoopBackOff',
      'The container app ends right after it starts with exit code 127: its command was not found; it is tried again after a pause.',
    ],
    [
      'out of memory, again and again',
      withContainers(container(waiting('CrashLoopBackOff'), { lastState: ended(137, { reason: 'OOMKilled' }) })),
      'failing',
      'CrashLoopBackOff',
      'It runs out of memory each time it starts; it is tried again after a pause.',
    ],
    [
      'killed for memory',
      {
        spec: { containers: [{ name: 'app', resources: { limits: { memory: '64Mi' } } }] },
        ...withContainers(container(ended(137, { reason: 'OOMKilled' }))),
      },
      'failing',
      'OOMKilled',
      'It used more memory than its limit of 64Mi and was killed.',
    ],
    [
      'no such image',
      withContainers(container(waiting('ImagePullBackOff', 'manifest unknown'))),
      'failing',
      'ImagePullBackOff',
      'The image nginx:1 cannot be pulled: manifest unknown',
    ],
    [
      'a missing Secret',
      withContainers(container(waiting('CreateContainerConfigError', 'secret "x" not found'))),
      'failing',
      'CreateContainerConfigError',
      'It refers to something that is not there: secret "x" not found',
    ],
    [
      'ended with a code',
      withContainers(container(ended(3, { reason: 'Error' }))),
      'failing',
      'Error',
      'The container app ended with exit code 3.',
    ],
    [
      'ended with a code and no reason',
      withContainers(container(ended(3))),
      'failing',
      'ExitCode:3',
      'The container app ended with exit code 3.',
    ],
    ['ended by a signal', withContainers(container(ended(0, { signal: 9 }))), 'failing', 'Signal:9'],
    [
      'done',
      { status: { phase: 'Succeeded', containerStatuses: [container(ended(0, { reason: 'Completed' }))] } },
      'healthy',
      'Completed',
      'Ran to its end.',
    ],
    [
      'evicted',
      { status: { phase: 'Failed', reason: 'Evicted', message: 'low on memory' } },
      'failing',
      'Evicted',
      'Removed from its node: low on memory',
    ],
    ['a reason nobody foresaw', { status: { phase: 'Failed', reason: 'Novel' } }, 'failing', 'Novel'],
    [
      'going',
      {
        metadata: { deletionTimestamp: '2026-01-01T00:01:00Z' },
        ...withContainers(container(running, { ready: true })),
      },
      'working',
      'Terminating',
      'Shutting down.',
    ],
    [
      'going on a lost node',
      { metadata: { deletionTimestamp: '2026-01-01T00:01:00Z' }, status: { reason: 'NodeLost' } },
      'unknown',
      'Unknown',
      'Its node has not been heard from.',
    ],
    [
      'preparing',
      {
        spec: twoInit,
        status: {
          phase: 'Pending',
          initContainerStatuses: [
            { name: 'one', restartCount: 0, state: ended(0) },
            { name: 'two', restartCount: 0, state: running },
          ],
        },
      },
      'working',
      'Init:1/2',
      'Preparing: 1 of 2 init containers are done.',
    ],
    [
      'failing to prepare',
      {
        spec: twoInit,
        status: {
          phase: 'Pending',
          initContainerStatuses: [
            { name: 'one', image: 'x', restartCount: 4, state: waiting('CrashLoopBackOff'), lastState: ended(2) },
          ],
        },
      },
      'failing',
      'Init:CrashLoopBackOff',
      'The container one ends 4 s after it starts with exit code 2; it is tried again after a pause.',
    ],
  ];

  test.each(cases)('%s', (_name, shape, kind, word, sentence) => {
    const { state } = podRow(aPod(shape));
    const { progress: _progress, ...rest } = state;
    expect(rest).toEqual({ kind, word, ...(sentence ? { sentence } : {}) });
  });
});

test('a pod with several containers is named by the first in trouble, and counts all restarts', () => {
  const row = podRow(
    aPod({
      spec: {
        containers: [
          { name: 'app', image: 'a' },
          { name: 'b', image: 'b' },
          { name: 'c', image: 'c' },
        ],
      },
      ...withContainers(
        container(waiting('ErrImagePull')),
        container(waiting('CrashLoopBackOff'), { name: 'b', restartCount: 2, lastState: ended(1) }),
        container(running, {
          name: 'c',
          ready: true,
          restartCount: 1,
          lastState: ended(1, { finishedAt: '2026-01-01T00:09:00Z' }),
        }),
      ),
    }),
  );
  expect(row).toMatchObject({
    ready: 1,
    total: 3,
    restarts: 3,
    lastRestartAt: '2026-01-01T00:09:00Z',
    images: ['a', 'b', 'c'],
  });
  expect(row.state.word).toBe('ErrImagePull');
});

test('a sidecar counts among the containers', () => {
  const row = podRow(
    aPod({
      spec: { containers: [{ name: 'app' }], initContainers: [{ name: 'side', restartPolicy: 'Always' }] },
      status: {
        initContainerStatuses: [{ name: 'side', ready: true, started: true, restartCount: 1, state: running }],
        containerStatuses: [container(running, { ready: true })],
      },
    }),
  );
  expect(row).toMatchObject({ ready: 2, total: 2, restarts: 1, state: { kind: 'healthy' } });
});

test('requests are the sum of containers and sidecars, or the largest init container, plus overhead', () => {
  const resources = (cpu: string, memory: string): Loose => ({ resources: { requests: { cpu, memory } } });
  const spec = {
    containers: [{ name: 'a', ...resources('250m', '64Mi') }, { name: 'b', ...resources('1', '64Mi') }, { name: 'c' }],
    initContainers: [
      { name: 'side', restartPolicy: 'Always', ...resources('100m', '10Mi') },
      { name: 'big', ...resources('50m', '1Gi') },
    ],
    overhead: { cpu: '10m' },
  };
  const { cpu, memory } = podRequests(aPod({ spec }));
  expect(cpu).toBeCloseTo(1.36);
  expect(memory).toBe(2 ** 30 + 10 * 2 ** 20);
});
