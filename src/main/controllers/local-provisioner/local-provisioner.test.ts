import { expect, test } from 'vitest';
import {
  NODES,
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  STORAGE_CLASSES,
  type PersistentVolumeClaim,
} from '../../../shared/api/kinds.ts';
import { LOCAL_PROVISIONER, type NodeVolumes } from '../../../shared/api/node-volumes.ts';
import { SELECTED_NODE } from '../../../shared/storage/binding.ts';
import { persistentVolumeBinder } from '../persistent-volume-binder/persistent-volume-binder.ts';
import { aNode } from '../testing/builders.ts';
import { World } from '../testing/world.ts';
import { localProvisioner } from './local-provisioner.ts';
import { refusal } from './local-volume.ts';

const TARGET = { name: 'data', namespace: 'default' };
const claim = (
  annotations: Record<string, string>,
  spec: PersistentVolumeClaim['spec'] = {},
): PersistentVolumeClaim => ({
  metadata: { ...TARGET, uid: 'c1', annotations },
  spec: {
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '1Gi' } },
    storageClassName: 'local',
    ...spec,
  },
});

/** The directories of nodes, in memory; refuses while it has a `problem`. */
class Directories implements NodeVolumes {
  readonly made = new Set<string>();
  problem: string | undefined;
  make(node: string, name: string): Promise<string> {
    if (this.problem) return Promise.reject(new Error(this.problem));
    this.made.add(`${node}/${name}`);
    return Promise.resolve(`/volumes/${name}`);
  }
  remove(node: string, name: string): Promise<void> {
    if (this.problem) return Promise.reject(new Error(this.problem));
    this.made.delete(`${node}/${name}`);
    return Promise.resolve();
  }
}

async function running(): Promise<{ world: World; directories: Directories }> {
  const world = new World();
  const directories = new Directories();
  await world.client.create(
    NODES,
    aNode('a', 'True', { metadata: { name: 'a', labels: { 'kubernetes.io/hostname': 'host-a' } } }),
  );
  await world.client.create(STORAGE_CLASSES, {
    metadata: { name: 'local' },
    provisioner: LOCAL_PROVISIONER,
    reclaimPolicy: 'Delete',
    volumeBindingMode: 'WaitForFirstConsumer',
  });
  await world.run(persistentVolumeBinder, (deps) => localProvisioner(deps, directories));
  return { world, directories };
}
const getClaim = (world: World) => () => world.client.get(PERSISTENT_VOLUME_CLAIMS, 'data', 'default');
const bound = (world: World) =>
  world.until('it to be bound', getClaim(world), ({ status }) => status?.phase === 'Bound');

test('a claim gets a directory on the node chosen for it, which goes when the claim goes', async () => {
  const { world, directories } = await running();
  await world.client.create(PERSISTENT_VOLUME_CLAIMS, claim({ [SELECTED_NODE]: 'a' }));
  await bound(world);
  expect([...directories.made]).toEqual(['a/pvc-c1_default_data']);
  expect((await world.client.get(PERSISTENT_VOLUMES, 'pvc-c1')).spec).toMatchObject({
    capacity: { storage: '1Gi' },
    local: { path: '/volumes/pvc-c1_default_data' },
    persistentVolumeReclaimPolicy: 'Delete',
    nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ values: ['host-a'] }] }] } },
  });
  expect(await world.events()).toContain('ProvisioningSucceeded Successfully provisioned volume pvc-c1');
  await world.client.delete(PERSISTENT_VOLUME_CLAIMS, TARGET);
  await world.until(
    'its volume to be gone',
    () => world.list(PERSISTENT_VOLUMES),
    (all) => all.length === 0,
  );
  expect(directories.made.size).toBe(0);
});

test('nothing is made before a node is chosen, and a node that is gone is chosen no longer', async () => {
  const { world, directories } = await running();
  await world.client.create(PERSISTENT_VOLUME_CLAIMS, claim({}));
  await world.until('it to wait', getClaim(world), ({ status }) => status?.phase === 'Pending');
  expect(directories.made.size).toBe(0);
  const choose = (node: string) =>
    world.client.patch(PERSISTENT_VOLUME_CLAIMS, TARGET, { metadata: { annotations: { [SELECTED_NODE]: node } } });
  await choose('gone');
  await world.until(
    'the choice to be dropped',
    getClaim(world),
    ({ metadata }) => !metadata?.annotations?.[SELECTED_NODE],
  );
  await choose('a');
  await bound(world);
});

test('a node that does not answer is asked again, and the claim told why it waits', async () => {
  const { world, directories } = await running();
  directories.problem = 'node a is away';
  await world.client.create(PERSISTENT_VOLUME_CLAIMS, claim({ [SELECTED_NODE]: 'a' }));
  const text = 'ProvisioningFailed failed to provision volume with StorageClass "local": node a is away';
  await world.until(
    'the event',
    () => world.events(),
    (events) => events.includes(text),
  );
  directories.problem = undefined;
  await bound(world);
});

test.each([
  ['claim.Spec.Selector is not supported', { selector: { matchLabels: { a: 'b' } } }],
  ['wheelhouse.dev/local-path does not support block volume provisioning', { volumeMode: 'Block' }],
  [
    'NodePath only supports ReadWriteOnce and ReadWriteOncePod (1.22+) access modes',
    { accessModes: ['ReadWriteMany'] },
  ],
])('what it cannot do: %s', (message, spec) => {
  expect(refusal(claim({ [SELECTED_NODE]: 'a' }, spec))).toBe(message);
  expect(refusal(claim({ [SELECTED_NODE]: 'a' }))).toBeUndefined();
});
