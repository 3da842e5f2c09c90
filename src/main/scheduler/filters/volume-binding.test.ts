import { describe, expect, test } from 'vitest';
import type { PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from '../../../shared/api/kinds.ts';
import { aCluster, aNode, aPod, info } from '../testing/builders.ts';
import { SchedulingCycle } from '../framework/scheduling-cycle.ts';
import { fitMessage } from '../framework/fit-error.ts';
import { placeClaims, volumeBinding } from './volume-binding.ts';
import type { VolumeView } from './volume-view.ts';

const HOST = 'kubernetes.io/hostname';
const nodes = ['a', 'b'].map((name) => aNode(name, { labels: { [HOST]: name, zone: `z-${name}` } }));
const at = (host: string) => ({
  required: { nodeSelectorTerms: [{ matchExpressions: [{ key: HOST, operator: 'In', values: [host] }] }] },
});
const volume = (name: string, host: string, size = '5Gi'): PersistentVolume => ({
  metadata: { name },
  spec: {
    capacity: { storage: size },
    accessModes: ['ReadWriteOnce'],
    storageClassName: 'slow',
    nodeAffinity: at(host),
  },
  status: { phase: 'Available' },
});
const claim = (name: string, more: Partial<PersistentVolumeClaim> = {}, size = '1Gi'): PersistentVolumeClaim => ({
  metadata: { name, namespace: 'default', uid: name, ...more.metadata },
  spec: {
    accessModes: ['ReadWriteOnce'],
    storageClassName: 'slow',
    resources: { requests: { storage: size } },
    ...more.spec,
  },
  status: { phase: 'Pending', ...more.status },
});
const slow: StorageClass = {
  metadata: { name: 'slow' },
  provisioner: 'kubernetes.io/no-provisioner',
  volumeBindingMode: 'WaitForFirstConsumer',
};
const bound = (name: string, volumeName: string): PersistentVolumeClaim =>
  claim(name, {
    metadata: { name, namespace: 'default', annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } },
    spec: { volumeName },
  });

interface Around {
  claims?: PersistentVolumeClaim[];
  volumes?: PersistentVolume[];
  storageClass?: StorageClass;
  taken?: string[];
}
const viewOf = ({ claims = [], volumes = [], storageClass = slow, taken = [] }: Around): VolumeView => ({
  claim: (key) => claims.find(({ metadata }) => `default/${metadata?.name ?? ''}` === key),
  volume: (name) => volumes.find(({ metadata }) => metadata?.name === name),
  volumesOfClass: () => volumes,
  storageClass: () => storageClass,
  taken: new Set(taken),
});
const user: Pod = aPod('user', {}, { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] });
/** Where the pod goes, or why it goes nowhere. */
function decide(around: Around, pod = user): string {
  const cycle = new SchedulingCycle(aCluster(nodes), { filters: [volumeBinding(viewOf(around))], scores: [] }, () => 0);
  const decision = cycle.decide(info(pod));
  return decision.fits ? decision.node : fitMessage(decision.error, decision.preemption);
}
const nowhere = (reasons: string): string =>
  `0/2 nodes are available: ${reasons}. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.`;

describe('a pod with claims', () => {
  test('goes where its volume is', () => {
    expect(decide({ claims: [bound('data', 'pv')], volumes: [volume('pv', 'b')] })).toBe('b');
    expect(decide({ claims: [claim('data')], volumes: [volume('pv', 'b')] })).toBe('b');
  });

  test('goes where its provisioner can make one, and where that has begun', () => {
    const storageClass = { ...slow, provisioner: 'example.com/disks' };
    const only = {
      ...storageClass,
      allowedTopologies: [{ matchLabelExpressions: [{ key: 'zone', values: ['z-b'] }] }],
    };
    expect(decide({ claims: [claim('data')], storageClass: only })).toBe('b');
    const selected = { name: 'data', annotations: { 'volume.kubernetes.io/selected-node': 'b' } };
    expect(decide({ claims: [claim('data', { metadata: selected })], storageClass })).toBe('b');
  });

  test.each<[string, Around]>([
    ['persistentvolumeclaim "data" not found', {}],
    [
      'persistentvolumeclaim "data" is being deleted',
      { claims: [claim('data', { metadata: { name: 'data', deletionTimestamp: '2026-01-01T00:00:00Z' } })] },
    ],
    [
      'persistentvolumeclaim "data" bound to non-existent persistentvolume "pv"',
      { claims: [claim('data', { spec: { volumeName: 'pv' }, status: { phase: 'Lost' } })] },
    ],
    [
      'pod has unbound immediate PersistentVolumeClaims',
      { claims: [claim('data')], storageClass: { ...slow, volumeBindingMode: 'Immediate' } },
    ],
    [
      "2 node(s) didn't match PersistentVolume's node affinity",
      { claims: [bound('data', 'pv')], volumes: [volume('pv', 'gone')] },
    ],
    ['2 node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)', { claims: [bound('data', 'pv')] }],
    ["2 node(s) didn't find available persistent volumes to bind", { claims: [claim('data')] }],
    [
      "2 node(s) didn't find available persistent volumes to bind",
      { claims: [claim('data')], volumes: [volume('pv', 'b')], taken: ['pv'] },
    ],
  ])('goes nowhere: %s', (reasons, around) => {
    expect(decide(around)).toBe(nowhere(reasons));
  });

  test('waits for the claim of an ephemeral volume', () => {
    const pod = aPod('user', {}, { volumes: [{ name: 'v', ephemeral: {} }] });
    const text = 'waiting for ephemeral volume controller to create the persistentvolumeclaim "user-v"';
    expect(decide({}, pod)).toBe(nowhere(text));
  });
});

test('several claims of a pod get a volume each, small claims the small ones', () => {
  const volumes = [volume('large', 'a', '9Gi'), volume('small', 'a', '2Gi'), volume('elsewhere', 'b', '1Gi')];
  const claims = [claim('big', {}, '5Gi'), claim('little', {}, '1Gi')];
  const here = { name: 'a', labels: { [HOST]: 'a' } };
  const placement = placeClaims(claims, here, viewOf({ volumes }));
  const pairs = placement?.reserve.map((each) => [each.claim.metadata?.name, each.volume.metadata?.name]);
  expect(pairs).toEqual([
    ['little', 'small'],
    ['big', 'large'],
  ]);
  expect(placeClaims([...claims, claim('third')], here, viewOf({ volumes }))).toBeUndefined();
});
