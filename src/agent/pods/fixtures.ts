import type { Container, Pod } from '../../shared/api/kinds.ts';
import type { ObservedContainer, ObservedPod, ObservedSandbox } from '../runtime/observed.ts';
import { specHash } from '../runtime/spec-hash.ts';

// Builders for the tests of this folder.

export const aContainer = (overrides: Partial<Container> = {}): Container => ({
  name: 'app',
  image: 'nginx:1',
  ...overrides,
});

export const aPod = (spec: Partial<NonNullable<Pod['spec']>> = {}, rest: Partial<Pod> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'default', uid: 'u1', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { containers: [aContainer()], restartPolicy: 'Always', nodeName: 'n1', ...spec },
  ...rest,
});

export const aSandbox = (overrides: Partial<ObservedSandbox> = {}): ObservedSandbox => ({
  id: 's0',
  attempt: 0,
  running: true,
  createdAt: 1_000,
  pid: 10,
  podIp: '10.244.1.2',
  ...overrides,
});

export const aRun = (overrides: Partial<ObservedContainer> = {}): ObservedContainer => ({
  id: `${overrides.name ?? 'app'}-${overrides.attempt ?? 0}`,
  name: 'app',
  attempt: 0,
  sandboxId: 's0',
  state: 'running',
  createdAt: 2_000,
  startedAt: 2_000,
  exitCode: 0,
  oomKilled: false,
  image: 'nginx:1',
  imageId: 'sha256:1',
  specHash: specHash(aContainer({ name: overrides.name ?? 'app' })),
  pid: 20,
  stopSignal: 'SIGTERM',
  tty: false,
  ...overrides,
});

export const anExit = (exitCode: number, overrides: Partial<ObservedContainer> = {}): ObservedContainer =>
  aRun({ state: 'exited', finishedAt: 3_000, exitCode, pid: 0, ...overrides });

export const observedPod = (
  containers: ObservedContainer[] = [],
  sandboxes: ObservedSandbox[] = [aSandbox()],
): ObservedPod => ({
  uid: 'u1',
  name: 'web',
  namespace: 'default',
  sandboxes,
  containers,
});
