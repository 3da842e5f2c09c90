import { expect, test } from 'vitest';
import type { AgentConfig } from '../../shared/agent-config.ts';
import type { MachineFacts } from './machine-facts.ts';
import { internalIp, nodeStatus, statusChanged, type NodeStatusInput } from './node-status.ts';

const config = { nodeName: 'n1', version: 'abc', nodeIp: '192.0.2.7' } as AgentConfig;
const facts: MachineFacts = {
  hostname: 'box',
  addresses: ['192.0.2.5', '192.0.2.7'],
  cpus: 2,
  memoryBytes: 4 * 2 ** 30,
  diskBytes: 100 * 2 ** 30,
  machineId: 'm',
  systemUuid: 's',
  bootId: 'b',
  kernelVersion: '6.1.0',
  osImage: 'Debian GNU/Linux 12 (bookworm)',
  dockerVersion: '20.10.24',
  architecture: 'amd64',
  pidMax: 32_768,
};
const status = (input: Partial<NodeStatusInput> = {}) =>
  nodeStatus({ config, facts, pressures: new Set(), images: [], notReady: undefined, before: [], now: 0, ...input });
const condition = (input: Partial<NodeStatusInput>, type: string) =>
  status(input).conditions?.find((each) => each.type === type);

test('a healthy machine', () => {
  expect(status()).toMatchObject({
    addresses: [
      { type: 'InternalIP', address: '192.0.2.7' },
      { type: 'Hostname', address: 'box' },
    ],
    capacity: { cpu: '2', memory: '4Gi', pods: '110', 'ephemeral-storage': '100Gi' },
    allocatable: { cpu: '1950m', memory: '3896Mi', pods: '110', 'ephemeral-storage': '90Gi' },
    nodeInfo: { kubeletVersion: 'v1.34.0+wheelhouse.abc', containerRuntimeVersion: 'docker://20.10.24' },
  });
  expect(status().conditions?.map(({ type, status: value, reason }) => `${type} ${value} ${reason}`)).toEqual([
    'MemoryPressure False KubeletHasSufficientMemory',
    'DiskPressure False KubeletHasNoDiskPressure',
    'PIDPressure False KubeletHasSufficientPID',
    'Ready True KubeletReady',
  ]);
});

test.each(['MemoryPressure', 'DiskPressure', 'PIDPressure'] as const)('%s is reported', (type) => {
  expect(condition({ pressures: new Set([type]) }, type)?.status).toBe('True');
});

test('a machine whose Docker is down is not ready and says why', () => {
  const notReady = 'container runtime is down: connect ENOENT';
  expect(condition({ notReady }, 'Ready')).toMatchObject({
    status: 'False',
    reason: 'KubeletNotReady',
    message: notReady,
  });
});

test('a heartbeat is no change, and keeps the transition times', () => {
  const first = status();
  const second = status({ before: first.conditions ?? [], now: 300_000 });
  expect(second.conditions?.[3]).toMatchObject({
    lastHeartbeatTime: '1970-01-01T00:05:00Z',
    lastTransitionTime: '1970-01-01T00:00:00Z',
  });
  expect(statusChanged(first, second)).toBe(false);
  expect(statusChanged(first, status({ notReady: 'x' }))).toBe(true);
});

test('an address that is not the machine’s own (behind NAT) is not reported', () => {
  expect(internalIp({ ...config, nodeIp: '203.0.113.1' }, facts)).toBe('192.0.2.5');
});
