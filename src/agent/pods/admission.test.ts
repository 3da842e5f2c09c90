import { describe, expect, test } from 'vitest';
import type { Node, Pod } from '../../shared/api/kinds.ts';
import { rejected, rejectionOf, type AdmissionView } from './admission.ts';
import { aContainer, aPod } from './fixtures.ts';

type Spec = NonNullable<Pod['spec']>;
const reject = (spec: Partial<Spec>, view: Partial<AdmissionView> = {}) =>
  rejectionOf(aPod(spec), {
    others: [],
    node: { metadata: { name: 'n1', labels: { disk: 'ssd' } } } as Node,
    allocatable: { milliCpu: 1_950, memoryBytes: 2 ** 30 },
    maxPods: 2,
    appArmor: false,
    ...view,
  });
const asking = (cpu: string, memory = '1Mi'): Partial<Spec> => ({
  containers: [aContainer({ resources: { requests: { cpu, memory } } })],
});
const listening = (hostPort: number, hostIP?: string, protocol?: string): Partial<Spec> => ({
  containers: [
    aContainer({ ports: [{ containerPort: 80, hostPort, ...(hostIP && { hostIP }), ...(protocol && { protocol }) }] }),
  ],
});

test('a pod that fits is let in', () => {
  expect(reject({ ...asking('500m'), nodeSelector: { disk: 'ssd' } }, { others: [aPod(asking('1450m'))] })).toBe(
    undefined,
  );
});

describe('resources', () => {
  test.each([
    [asking('600m'), 'OutOfcpu', 'cpu, requested: 600, used: 1450, capacity: 1950'],
    [asking('1m', '1Gi'), 'OutOfmemory', 'memory, requested: 1073741824, used: 1048576, capacity: 1073741824'],
  ])('%j', (spec, reason, words) => {
    const message = `Node didn't have enough resource: ${words}`;
    expect(reject(spec, { others: [aPod(asking('1450m'))] })).toEqual({ reason, message });
  });
  test('pods', () => {
    expect(reject({}, { others: [aPod(), aPod()] })).toEqual({
      reason: 'OutOfpods',
      message: "Node didn't have enough resource: pods, requested: 1, used: 2, capacity: 2",
    });
  });
});

describe('ports of the machine', () => {
  const taken = (port: Partial<Spec>, other: Partial<Spec>) => reject(port, { others: [aPod(other)] })?.reason;
  test.each([
    [listening(80), listening(80), 'NodePorts'],
    [listening(80), listening(81), undefined],
    [listening(80), listening(80, undefined, 'UDP'), undefined],
    [listening(80, '192.0.2.1'), listening(80, '192.0.2.2'), undefined],
    [listening(80, '192.0.2.1'), listening(80), 'NodePorts'],
  ])('%j beside %j', (port, other, expected) => {
    expect(taken(port, other)).toBe(expected);
  });
  test('says so in upstream’s words, also in the status', () => {
    const rejection = reject(listening(80), { others: [aPod(listening(80))] });
    const message = "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports";
    expect(rejection).toEqual({ reason: 'NodePorts', message });
    expect(rejection && rejected(rejection).message).toBe(`Pod was rejected: ${message}`);
  });
});

describe('the node it asks for', () => {
  const affinity = (key: string): Partial<Spec> => ({
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key, operator: 'Exists' }] }],
        },
      },
    },
  });
  const message = "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector";
  test.each([
    [{ nodeSelector: { disk: 'hdd' } }, { reason: 'NodeAffinity', message }],
    [affinity('gpu'), { reason: 'NodeAffinity', message }],
    [affinity('disk'), undefined],
  ] as [Partial<Spec>, unknown][])('%j', (spec, expected) => {
    expect(reject(spec)).toEqual(expected);
  });
  test('is not asked about before the node is known', () => {
    expect(reject({ nodeSelector: { disk: 'hdd' } }, { node: undefined })).toBeUndefined();
  });
});

describe('what the machine cannot do', () => {
  const sysctl = (name: string): Partial<Spec> => ({ securityContext: { sysctls: [{ name, value: '1' }] } });
  test.each([
    [sysctl('kernel.msgmax'), 'forbidden sysctl: "kernel.msgmax" not allowlisted'],
    [
      { ...sysctl('net.ipv4.tcp_syncookies'), hostNetwork: true },
      'forbidden sysctl: "net.ipv4.tcp_syncookies" not allowed with host net enabled',
    ],
    [
      { ...sysctl('kernel.shm_rmid_forced'), hostIPC: true },
      'forbidden sysctl: "kernel.shm_rmid_forced" not allowed with host ipc enabled',
    ],
    [sysctl('net/ipv4/tcp_fin_timeout'), undefined],
    [
      { securityContext: { supplementalGroupsPolicy: 'Strict' } },
      'SupplementalGroupsPolicy=Strict is not supported in this node',
    ],
    [
      { containers: [aContainer({ securityContext: { appArmorProfile: { type: 'RuntimeDefault' } } })] },
      'Cannot enforce AppArmor: AppArmor is not enabled on the host',
    ],
    [{ os: { name: 'windows' } }, "Failed to admit pod as the OS field doesn't match node OS"],
  ] as [Partial<Spec>, string | undefined][])('%j', (spec, message) => {
    expect(reject(spec)?.message).toBe(message);
  });
  test('a machine with AppArmor takes a pod that wants it', () => {
    expect(reject({ securityContext: { appArmorProfile: { type: 'RuntimeDefault' } } }, { appArmor: true })).toBe(
      undefined,
    );
  });
});
