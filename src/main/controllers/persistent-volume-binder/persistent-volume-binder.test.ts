import { describe, expect, test } from 'vitest';
import {
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  PODS,
  STORAGE_CLASSES,
  type PersistentVolume,
  type PersistentVolumeClaim,
} from '../../../shared/api/kinds.ts';
import { PROVISIONED_BY } from '../../../shared/storage/binding.ts';
import { aPod } from '../testing/builders.ts';
import { World } from '../testing/world.ts';
import { persistentVolumeBinder } from './persistent-volume-binder.ts';

const claim = (name: string, spec: PersistentVolumeClaim['spec'] = {}): PersistentVolumeClaim => ({
  metadata: { name, namespace: 'default' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName: '', ...spec },
});
const volume = (name: string, spec: PersistentVolume['spec'] = {}): PersistentVolume => ({
  metadata: { name },
  spec: {
    capacity: { storage: '2Gi' },
    accessModes: ['ReadWriteOnce'],
    storageClassName: '',
    persistentVolumeReclaimPolicy: 'Retain',
    hostPath: { path: '/data' },
    ...spec,
  },
});
const delayed = {
  metadata: { name: 'slow' },
  provisioner: 'example.com/disks',
  volumeBindingMode: 'WaitForFirstConsumer',
};

async function running(): Promise<World> {
  const world = new World();
  await world.run(persistentVolumeBinder);
  return world;
}
const getClaim =
  (world: World, name = 'data') =>
  () =>
    world.client.get(PERSISTENT_VOLUME_CLAIMS, name, 'default');
const getVolume =
  (world: World, name = 'pv') =>
  () =>
    world.client.get(PERSISTENT_VOLUMES, name);
const untilClaim = (world: World, phase: string, name = 'data') =>
  world.until(`${name} to be ${phase}`, getClaim(world, name), ({ status }) => status?.phase === phase);
const untilVolume = (world: World, phase: string, name = 'pv') =>
  world.until(`${name} to be ${phase}`, getVolume(world, name), ({ status }) => status?.phase === phase);
const untilEvent = (world: World, text: string) =>
  world.until(
    text,
    () => world.events(),
    (events) => events.includes(text),
  );

describe('a claim', () => {
  test('waits until there is a volume for it, and both say that they are bound', async () => {
    const world = await running();
    await world.client.create(PERSISTENT_VOLUME_CLAIMS, claim('data'));
    await untilClaim(world, 'Pending');
    await untilEvent(world, 'FailedBinding no persistent volumes available for this claim and no storage class is set');
    await world.client.create(PERSISTENT_VOLUMES, volume('pv'));
    const bound = await untilClaim(world, 'Bound');
    expect(bound).toMatchObject({
      metadata: {
        annotations: { 'pv.kubernetes.io/bind-completed': 'yes', 'pv.kubernetes.io/bound-by-controller': 'yes' },
      },
      spec: { volumeName: 'pv' },
      status: { accessModes: ['ReadWriteOnce'], capacity: { storage: '2Gi' } },
    });
    const pv = await untilVolume(world, 'Bound');
    expect(pv.spec?.claimRef).toMatchObject({ namespace: 'default', name: 'data', uid: bound.metadata?.uid });
    expect(pv.metadata?.annotations).toEqual({ 'pv.kubernetes.io/bound-by-controller': 'yes' });
  });

  test('of many that want one volume only one gets it', async () => {
    const world = await running();
    for (const name of ['a', 'b', 'c']) await world.client.create(PERSISTENT_VOLUME_CLAIMS, claim(name));
    await world.client.create(PERSISTENT_VOLUMES, volume('pv'));
    await untilVolume(world, 'Bound');
    const phases = async () => (await world.list(PERSISTENT_VOLUME_CLAIMS)).map(({ status }) => status?.phase);
    const seen = await world.until('all phases', phases, (all) => all.includes('Bound') && !all.includes(undefined));
    expect(seen.sort()).toEqual(['Bound', 'Pending', 'Pending']);
  });

  test('that names a volume gets that one or none', async () => {
    const world = await running();
    await world.client.create(PERSISTENT_VOLUMES, volume('pv'));
    await world.client.create(PERSISTENT_VOLUMES, volume('large', { capacity: { storage: '9Gi' } }));
    await world.client.create(PERSISTENT_VOLUME_CLAIMS, claim('data', { volumeName: 'large' }));
    expect((await untilClaim(world, 'Bound')).spec?.volumeName).toBe('large');
    await world.client.create(PERSISTENT_VOLUME_CLAIMS, claim('late', { volumeName: 'large' }));
    await untilEvent(world, 'FailedBinding volume "large" already bound to a different claim.');
    const small = claim('greedy', { volumeName: 'pv', resources: { requests: { storage: '5Gi' } } });
    await world.client.create(PERSISTENT_VOLUME_CLAIMS, small);
    await untilEvent(world, 'VolumeMismatch Cannot bind to requested volume "pv": requested PV is too small');
  });

  test('of a class that waits is left to the scheduler, and then to the provisioner', async () => {
    const world = await running();
    await world.client.create(STORAGE_CLASSES, delayed);
    await world.client.create(PERSISTENT_VOLUMES, volume('pv', { storageClassName: 'slow' }));
    await world.client.create(PERSISTENT_VOLUME_CLAIMS, claim('data', { storageClassName: 'slow' }));
    await untilEvent(world, 'WaitForFirstConsumer waiting for first consumer to be created before binding');
    const pod = aPod({ name: 'user', phase: 'Pending' });
    pod.spec = { containers: [], volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] };
    await world.client.create(PODS, pod);
    await untilEvent(world, 'WaitForPodScheduled waiting for pod user to be scheduled');
    await world.client.delete(PERSISTENT_VOLUMES, { name: 'pv' });
    const selected = { metadata: { annotations: { 'volume.kubernetes.io/selected-node': 'n' } } };
    await world.client.patch(PERSISTENT_VOLUME_CLAIMS, { name: 'data', namespace: 'default' }, selected);
    const named = await world.until(
      'its provisioner to be named',
      getClaim(world),
      ({ metadata }) => metadata?.annotations?.['volume.kubernetes.io/storage-provisioner'] === 'example.com/disks',
    );
    expect(named.status?.phase).toBe('Pending');
  });

  test('is lost when its volume is', async () => {
    const world = await running();
    await world.client.create(PERSISTENT_VOLUMES, volume('pv'));
    await world.client.create(PERSISTENT_VOLUME_CLAIMS, claim('data'));
    await untilClaim(world, 'Bound');
    await world.client.delete(PERSISTENT_VOLUMES, { name: 'pv' });
    expect((await untilClaim(world, 'Lost')).status).toEqual({ phase: 'Lost' });
    await untilEvent(world, 'ClaimLost Bound claim has lost its PersistentVolume. Data on the volume is lost!');
  });
});

describe('a volume', () => {
  test('reserved for a claim goes to it and to no other', async () => {
    const world = await running();
    await world.client.create(PERSISTENT_VOLUMES, volume('pv', { claimRef: { namespace: 'default', name: 'data' } }));
    await untilVolume(world, 'Available');
    await world.client.create(PERSISTENT_VOLUME_CLAIMS, claim('other'));
    await untilClaim(world, 'Pending', 'other');
    await world.client.create(PERSISTENT_VOLUME_CLAIMS, claim('data'));
    const { metadata } = await untilClaim(world, 'Bound');
    const pv = await untilVolume(world, 'Bound');
    expect(pv.spec?.claimRef?.uid).toBe(metadata?.uid);
    expect(pv.metadata?.annotations).toBeUndefined();
  });

  test('is kept when its claim goes, and given to nobody else', async () => {
    const world = await running();
    await world.client.create(PERSISTENT_VOLUMES, volume('pv'));
    await world.client.create(PERSISTENT_VOLUME_CLAIMS, claim('data'));
    await untilClaim(world, 'Bound');
    await world.client.delete(PERSISTENT_VOLUME_CLAIMS, { name: 'data', namespace: 'default' });
    await untilVolume(world, 'Released');
    await world.client.create(PERSISTENT_VOLUME_CLAIMS, claim('data'));
    await untilClaim(world, 'Pending');
    expect((await getVolume(world)()).status?.phase).toBe('Released');
  });

  test.each([
    ['Failed', 'nobody can delete it', {}],
    ['Released', 'its provisioner will delete it', { [PROVISIONED_BY]: 'example.com/disks' }],
  ])('is %s when %s', async (phase, _why, annotations) => {
    const world = await running();
    const pv = volume('pv', { persistentVolumeReclaimPolicy: 'Delete' });
    await world.client.create(PERSISTENT_VOLUMES, { ...pv, metadata: { name: 'pv', annotations } });
    await world.client.create(PERSISTENT_VOLUME_CLAIMS, claim('data'));
    await untilClaim(world, 'Bound');
    await world.client.delete(PERSISTENT_VOLUME_CLAIMS, { name: 'data', namespace: 'default' });
    await untilVolume(world, phase);
  });
});
