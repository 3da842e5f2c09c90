import { describe, expect, test } from 'vitest';
import type { ContainerStatus, Pod } from '../../../../../shared/api/kinds.ts';
import { containerViews, defaultContainer } from './container-view.ts';

const status = (
  name: string,
  state: ContainerStatus['state'],
  more: Partial<ContainerStatus> = {},
): ContainerStatus => ({
  name,
  image: 'x',
  imageID: '',
  ready: false,
  restartCount: 0,
  ...(state ? { state } : {}),
  ...more,
});

function aPod(statuses: ContainerStatus[]): Pod {
  return {
    metadata: { name: 'web', annotations: { 'kubectl.kubernetes.io/default-container': 'proxy' } },
    spec: {
      initContainers: [
        { name: 'migrate', image: 'migrate:1' },
        { name: 'logger', image: 'logger:1', restartPolicy: 'Always' },
      ],
      containers: [
        {
          name: 'app',
          image: 'app:1',
          ports: [
            { name: 'http', containerPort: 8080 },
            { containerPort: 53, protocol: 'UDP' },
          ],
          env: [{ name: 'A', value: '1' }],
          envFrom: [{ configMapRef: { name: 'settings' } }, { secretRef: { name: 'keys' } }],
          resources: { requests: { cpu: '100m' }, limits: { memory: '64Mi' } },
        },
        { name: 'proxy', image: 'proxy:1' },
      ],
    },
    status: { containerStatuses: statuses },
  };
}

describe('the containers of a pod', () => {
  test('stand in the order they start, with their roles', () =>
    expect(containerViews(aPod([])).map((view) => `${view.role} ${view.name}`)).toEqual([
      'init migrate',
      'sidecar logger',
      'app app',
      'app proxy',
    ]));

  test('say what they ask for and where they listen', () => {
    const app = containerViews(aPod([])).find((view) => view.name === 'app');
    expect(app).toMatchObject({
      ports: ['http 8080/TCP', '53/UDP'],
      env: ['A', 'all of ConfigMap settings', 'all of Secret keys'],
      requests: { cpu: '100m' },
      limits: { memory: '64Mi' },
    });
  });

  test.each([
    [{ running: { startedAt: '2026-01-01T00:00:00Z' } }, true, 'healthy', 'Running'],
    [{ running: {} }, false, 'working', 'Running, not ready'],
    [{ waiting: { reason: 'ContainerCreating' } }, false, 'working', 'ContainerCreating'],
    [{ waiting: { reason: 'ImagePullBackOff' } }, false, 'failing', 'ImagePullBackOff'],
    [{ terminated: { exitCode: 0, reason: 'Completed' } }, false, 'healthy', 'Completed'],
    [{ terminated: { exitCode: 1, reason: 'Error' } }, false, 'failing', 'Error'],
  ])('%j is %s %s %s', (state, ready, kind, word) => {
    const [, , app] = containerViews(aPod([status('app', state, { ready })]));
    expect(app?.state).toMatchObject({ kind, word });
  });

  test('carry the last end and whether there is an earlier log', () => {
    const ended = { exitCode: 137, reason: 'OOMKilled' };
    const views = containerViews(
      aPod([
        status('app', { running: {} }, { lastState: { terminated: ended } }),
        status('proxy', { terminated: ended }),
      ]),
    );
    expect(views.map(({ name, hasPrevious, lastEnd }) => [name, hasPrevious, lastEnd?.reason])).toEqual([
      ['migrate', false, undefined],
      ['logger', false, undefined],
      ['app', true, 'OOMKilled'],
      ['proxy', false, 'OOMKilled'],
    ]);
  });
});

describe('the container shown first', () => {
  test('is the one that fails', () => {
    const pod = aPod([status('app', { waiting: { reason: 'CrashLoopBackOff' } })]);
    expect(defaultContainer(pod, containerViews(pod))).toBe('app');
  });
  test('is else the one the annotation names', () => {
    const pod = aPod([]);
    expect(defaultContainer(pod, containerViews(pod))).toBe('proxy');
  });
  test('is else the first that is no init container', () => {
    const pod = { ...aPod([]), metadata: { name: 'web' } };
    expect(defaultContainer(pod, containerViews(pod))).toBe('app');
  });
});
