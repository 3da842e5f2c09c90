import { describe, expect, test } from 'vitest';
import type { Deployment, Event, Node, ReplicaSet, Secret } from '../api/kinds.ts';
import type { Machine } from '../api/machine.ts';
import { secretRow } from './config-row.ts';
import { deploymentState } from './deployment-row.ts';
import { eventRow } from './event-row.ts';
import { machineRow } from './machine-row.ts';
import { namespaceRow } from './namespace-row.ts';
import { nodeRow, nodeState } from './node-row.ts';
import { replicaSetRow } from './replica-set-row.ts';

type Loose = Record<string, unknown>;
const condition = (type: string, status: string, reason = '', message = ''): Loose => ({
  type,
  status,
  reason,
  message,
});
const done = condition('Progressing', 'True', 'NewReplicaSetAvailable');
const going = condition('Progressing', 'True', 'ReplicaSetUpdated');

describe('the state of a Deployment', () => {
  const cases: [string, Loose, Loose, string, string][] = [
    [
      'available',
      { replicas: 3 },
      { replicas: 3, updatedReplicas: 3, availableReplicas: 3, conditions: [done] },
      'healthy',
      'Available',
    ],
    ['scaled to nothing', { replicas: 0 }, {}, 'healthy', 'Scaled to 0'],
    [
      'in the middle of a rollout',
      { replicas: 5 },
      { replicas: 6, updatedReplicas: 3, availableReplicas: 4, conditions: [going] },
      'working',
      'Rolling out 3/5',
    ],
    [
      'with an old Pod left',
      { replicas: 3 },
      { replicas: 4, updatedReplicas: 3, availableReplicas: 4, conditions: [going] },
      'working',
      'Rolling out 3/3',
    ],
    [
      'not yet seen by its controller',
      { replicas: 3 },
      { observedGeneration: 1, replicas: 3, updatedReplicas: 3, availableReplicas: 3, conditions: [done] },
      'working',
      'Rolling out 3/3',
    ],
    [
      'that lost one Pod',
      { replicas: 3 },
      { replicas: 3, updatedReplicas: 3, availableReplicas: 2, conditions: [done, condition('Available', 'True')] },
      'warning',
      'Degraded',
    ],
    [
      'that lost most Pods',
      { replicas: 3 },
      { replicas: 3, updatedReplicas: 3, availableReplicas: 0, conditions: [done, condition('Available', 'False')] },
      'failing',
      'MinimumReplicasUnavailable',
    ],
    [
      'stuck',
      { replicas: 3 },
      {
        replicas: 4,
        updatedReplicas: 1,
        availableReplicas: 3,
        conditions: [condition('Progressing', 'False', 'ProgressDeadlineExceeded')],
      },
      'failing',
      'ProgressDeadlineExceeded',
    ],
    [
      'refused Pods',
      { replicas: 3 },
      { conditions: [condition('ReplicaFailure', 'True', 'FailedCreate', 'quota')] },
      'failing',
      'ReplicaFailure',
    ],
    [
      'paused',
      { replicas: 3, paused: true },
      { replicas: 3, updatedReplicas: 1, availableReplicas: 3 },
      'waiting',
      'Paused',
    ],
  ];
  test.each(cases)('%s', (_name, spec, status, kind, word) => {
    const deployment = { metadata: { generation: 2 }, spec, status: { observedGeneration: 2, ...status } };
    expect(deploymentState(deployment as unknown as Deployment)).toMatchObject({ kind, word });
  });
});

describe('the state of a Node', () => {
  const ready = (status: string, message = ''): Loose => condition('Ready', status, '', message);
  const cases: [string, Loose, Loose[], string, string][] = [
    ['ready', {}, [ready('True')], 'healthy', 'Ready'],
    ['new', {}, [], 'unknown', 'Unknown'],
    ['silent', {}, [ready('Unknown')], 'unknown', 'NotReady'],
    ['unwell', {}, [ready('False', 'docker is down')], 'failing', 'NotReady'],
    ['cordoned', { unschedulable: true }, [ready('True')], 'waiting', 'Ready,SchedulingDisabled'],
    ['under pressure', {}, [ready('True'), condition('DiskPressure', 'True')], 'warning', 'Ready,DiskPressure'],
  ];
  test.each(cases)('%s', (_name, spec, conditions, kind, word) => {
    expect(nodeState({ metadata: {}, spec, status: { conditions } } as unknown as Node)).toMatchObject({ kind, word });
  });
});

test('a Node row has cores and bytes, and says when it is simulated', () => {
  const node = {
    metadata: { name: 'sim-0001', uid: 'u', labels: { 'wheelhouse.dev/simulated': 'true' } },
    status: {
      allocatable: { cpu: '1500m', memory: '2Gi', pods: '110' },
      addresses: [
        { type: 'Hostname', address: 'h' },
        { type: 'InternalIP', address: '10.0.0.1' },
      ],
      nodeInfo: { kubeletVersion: 'v1.34.0', osImage: 'Debian', containerRuntimeVersion: 'docker://27' },
    },
  };
  expect(nodeRow(node as unknown as Node)).toMatchObject({
    simulated: true,
    cpuAllocatable: 1.5,
    memoryAllocatable: 2 * 2 ** 30,
    podCapacity: 110,
    address: '10.0.0.1',
    version: 'v1.34.0',
  });
});

test('a Machine shows the step it failed at and what was said', () => {
  const machine: Machine = {
    metadata: { name: 'm', uid: 'u' },
    spec: { host: 'box', port: 2222 },
    status: {
      phase: 'Failed',
      conditions: [
        { type: 'Reachable', status: 'True' },
        { type: 'HostKeyVerified', status: 'True' },
        { type: 'Authenticated', status: 'False', message: 'The machine refused the key.' },
        { type: 'PreflightPassed', status: 'Unknown', message: 'Waiting for the step before.' },
      ],
    },
  };
  expect(machineRow(machine)).toMatchObject({
    address: 'box:2222',
    user: 'root',
    phase: 'Authenticated',
    message: 'The machine refused the key.',
    state: { kind: 'failing', word: 'Failed', sentence: 'The machine refused the key.' },
  });
  const joining = machineRow({ ...machine, status: { ...machine.status, phase: 'Joining' } });
  expect(joining.state.progress).toBeCloseTo(2 / 6);
});

test('an Event is read in its old and its new form', () => {
  const old = {
    metadata: { name: 'e' },
    type: 'Warning',
    reason: 'Failed',
    count: 4,
    lastTimestamp: 'T2',
    involvedObject: { kind: 'Pod', name: 'p', uid: 'u' },
    source: { component: 'kubelet' },
  };
  expect(eventRow(old as unknown as Event)).toMatchObject({
    about: 'Pod/p',
    aboutUid: 'u',
    count: 4,
    lastSeen: 'T2',
    source: 'kubelet',
    state: { kind: 'warning', word: 'Warning' },
  });
  const series = {
    metadata: { name: 'e' },
    eventTime: 'T1',
    series: { count: 9, lastObservedTime: 'T9' },
    reportingComponent: 'kubelet',
  };
  expect(eventRow(series as unknown as Event)).toMatchObject({
    count: 9,
    lastSeen: 'T9',
    source: 'kubelet',
    type: 'Normal',
  });
});

test('a Secret row never holds a value', () => {
  const row = secretRow({
    metadata: { name: 's' },
    type: 'Opaque',
    data: { password: 'aHVudGVyMg==' },
  } as unknown as Secret);
  expect(row.keys).toEqual(['password']);
  expect(JSON.stringify(row)).not.toContain('aHVudGVyMg');
});

test('an old ReplicaSet is at rest, a Namespace on its way out says what is left', () => {
  const replicaSet = {
    metadata: { name: 'r', ownerReferences: [{ kind: 'Deployment', name: 'web', controller: true }] },
    spec: { replicas: 0 },
    status: { replicas: 0 },
  };
  expect(replicaSetRow(replicaSet as unknown as ReplicaSet)).toMatchObject({
    owner: 'Deployment/web',
    state: { kind: 'healthy', word: 'Scaled to 0' },
  });
  const conditions = [
    condition('NamespaceDeletionContentFailure', 'False', '', 'x'),
    condition('NamespaceContentRemaining', 'True', '', 'Some resources are remaining: pods. has 2 resource instances'),
  ];
  const row = namespaceRow({
    metadata: { name: 'n', deletionTimestamp: 'T' },
    status: { phase: 'Terminating', conditions },
  } as never);
  expect(row.state).toEqual({
    kind: 'working',
    word: 'Terminating',
    sentence: 'Some resources are remaining: pods. has 2 resource instances',
  });
});
