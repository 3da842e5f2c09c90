import { expect, test } from 'vitest';
import {
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  PODS,
  type PersistentVolumeClaim,
  type Pod,
} from '../../../shared/api/kinds.ts';
import { isNotFound } from '../../../shared/api/errors.ts';
import { PV_FINALIZER, pvProtectionController } from '../pv-protection/pv-protection-controller.ts';
import { aPod } from '../testing/builders.ts';
import { World } from '../testing/world.ts';
import { PVC_FINALIZER, pvcProtectionController } from './pvc-protection-controller.ts';
import { usesClaim } from './uses.ts';

const claim = (finalizers: string[]): PersistentVolumeClaim => ({
  metadata: { name: 'data', namespace: 'default', finalizers },
});
function podWith(name: string, node: string | undefined, phase = 'Running'): Pod {
  const pod = aPod({ name, phase, ...(node ? { node } : {}) });
  pod.spec = { ...pod.spec, containers: [], volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] };
  return pod;
}
const isGone = (world: World) => async (): Promise<boolean> => {
  try {
    await world.client.get(PERSISTENT_VOLUME_CLAIMS, 'data', 'default');
    return false;
  } catch (error) {
    if (isNotFound(error)) return true;
    throw error;
  }
};

test('a claim that a pod uses goes when the pod is gone, and no earlier', async () => {
  const world = new World();
  await world.client.create(PERSISTENT_VOLUME_CLAIMS, claim([]));
  await world.client.create(PODS, podWith('user', 'n', 'Succeeded'));
  await world.run(pvcProtectionController);
  const finalizers = async () =>
    (await world.client.get(PERSISTENT_VOLUME_CLAIMS, 'data', 'default')).metadata?.finalizers;
  await world.until('protection', finalizers, (have) => have?.includes(PVC_FINALIZER) ?? false);
  await world.client.delete(PERSISTENT_VOLUME_CLAIMS, { name: 'data', namespace: 'default' });
  await world.client.create(PODS, podWith('waiting', undefined));
  await world.client.delete(PODS, { name: 'waiting', namespace: 'default' });
  expect(await isGone(world)()).toBe(false);
  await world.client.delete(PODS, { name: 'user', namespace: 'default' }, { gracePeriodSeconds: 0 });
  await world.until('its end', isGone(world), (gone) => gone);
});

test('a pod without a node holds on to no claim', async () => {
  const world = new World();
  await world.client.create(PERSISTENT_VOLUME_CLAIMS, claim([PVC_FINALIZER]));
  await world.client.create(PODS, podWith('waiting', undefined, 'Pending'));
  await world.run(pvcProtectionController);
  await world.client.delete(PERSISTENT_VOLUME_CLAIMS, { name: 'data', namespace: 'default' });
  await world.until('its end', isGone(world), (gone) => gone);
});

test('the claim of an ephemeral volume is held by its own pod, until that has ended', () => {
  const pod = aPod({ name: 'web', node: 'n' });
  pod.spec = { ...pod.spec, nodeName: 'n', containers: [], volumes: [{ name: 'data', ephemeral: {} }] };
  const own = (uid: string): PersistentVolumeClaim => ({
    metadata: {
      name: 'web-data',
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'web', uid, controller: true }],
    },
  });
  expect(usesClaim(pod, own('uid-web'))).toBe(true);
  expect(usesClaim(pod, own('another'))).toBe(false);
  expect(usesClaim({ ...pod, status: { phase: 'Failed' } }, own('uid-web'))).toBe(false);
});

test('a volume goes when it is bound no longer', async () => {
  const world = new World();
  await world.client.create(PERSISTENT_VOLUMES, { metadata: { name: 'pv' }, status: { phase: 'Bound' } });
  await world.run(pvProtectionController);
  const volume = () => world.client.get(PERSISTENT_VOLUMES, 'pv');
  await world.until('protection', volume, ({ metadata }) => metadata?.finalizers?.includes(PV_FINALIZER) ?? false);
  await world.client.delete(PERSISTENT_VOLUMES, { name: 'pv' });
  expect((await volume()).metadata?.finalizers).toEqual([PV_FINALIZER]);
  await world.client.patch(
    PERSISTENT_VOLUMES,
    { name: 'pv', subresource: 'status' },
    { status: { phase: 'Released' } },
  );
  await world.until(
    'its end',
    () => world.list(PERSISTENT_VOLUMES),
    (have) => have.length === 0,
  );
});
