import { describe, expect, test } from 'vitest';
import {
  CONFIG_MAPS,
  NODES,
  PODS,
  REPLICA_SETS,
  DEPLOYMENTS,
  SECRETS,
  type ConfigMap,
} from '../../../shared/api/kinds.ts';
import { nameOf, type KubeObject, type OwnerReference } from '../../../shared/api/meta.ts';
import type { ResourceType } from '../../../shared/api/kinds.ts';
import { aDeployment, aNode, aPod, aReplicaSet } from '../testing/builders.ts';
import { World } from '../testing/world.ts';
import { controllerReference } from '../runtime/ownership.ts';
import { garbageCollector } from './garbage-collector.ts';

const map = (name: string, ...owners: OwnerReference[]): ConfigMap => ({
  metadata: { name, namespace: 'default', ownerReferences: owners },
});
const ref = (kind: string, name: string, uid: string, apiVersion = 'v1'): OwnerReference => ({
  apiVersion,
  kind,
  name,
  uid,
});
const names = (world: World, type: ResourceType) => async (): Promise<string[]> =>
  (await world.list<KubeObject>(type)).map(nameOf).sort();
const are =
  (...expected: string[]) =>
  (have: string[]): boolean =>
    JSON.stringify(have) === JSON.stringify(expected);

/** A Deployment with a ReplicaSet with two pods. */
async function tree(): Promise<World> {
  const world = new World();
  const deployment = await world.client.create(DEPLOYMENTS, aDeployment(2));
  const owned = aReplicaSet('web-1', 2);
  owned.metadata = { ...owned.metadata, ownerReferences: [controllerReference(deployment, DEPLOYMENTS)] };
  const replicaSet = await world.client.create(REPLICA_SETS, owned);
  for (const name of ['p1', 'p2']) await world.client.create(PODS, aPod({ name, owner: replicaSet }));
  await world.run(garbageCollector);
  return world;
}
const WEB = { name: 'web', namespace: 'default' };

describe('garbageCollector', () => {
  test('in the background: what a deleted owner leaves goes, level by level', async () => {
    const world = await tree();
    await world.client.delete(DEPLOYMENTS, WEB, { propagationPolicy: 'Background' });
    await world.until('no pods', names(world, PODS), are());
    expect(await names(world, REPLICA_SETS)()).toEqual([]);
  });

  test('in the foreground: the owner stays until all that block it are gone', async () => {
    const world = await tree();
    await world.client.patch(PODS, { name: 'p1', namespace: 'default' }, { metadata: { finalizers: ['test/hold'] } });
    await world.client.delete(DEPLOYMENTS, WEB, { propagationPolicy: 'Foreground' });
    await world.until('one pod left', names(world, PODS), are('p1'));
    expect([await names(world, DEPLOYMENTS)(), await names(world, REPLICA_SETS)()]).toEqual([['web'], ['web-1']]);
    await world.client.patch(PODS, { name: 'p1', namespace: 'default' }, { metadata: { finalizers: null } });
    await world.until('no Deployment', names(world, DEPLOYMENTS), are());
    expect([await names(world, REPLICA_SETS)(), await names(world, PODS)()]).toEqual([[], []]);
  });

  test('orphaning: the dependents stay and own themselves', async () => {
    const world = await tree();
    await world.client.delete(DEPLOYMENTS, WEB, { propagationPolicy: 'Orphan' });
    await world.until('no Deployment', names(world, DEPLOYMENTS), are());
    const [replicaSet] = await world.list(REPLICA_SETS);
    expect(replicaSet?.metadata?.ownerReferences).toBeUndefined();
    expect(await names(world, PODS)()).toEqual(['p1', 'p2']);
  });

  test('an owner that never was: the dependent goes', async () => {
    const world = new World();
    await world.client.create(CONFIG_MAPS, map('lost', ref('Secret', 'gone', 'uid-gone')));
    await world.client.create(CONFIG_MAPS, map('free'));
    await world.run(garbageCollector);
    await world.until('only the free one', names(world, CONFIG_MAPS), are('free'));
  });

  test('an owner of the same name but another uid is not the owner', async () => {
    const world = new World();
    await world.client.create(SECRETS, { metadata: { name: 's', namespace: 'default', uid: 'new' } });
    await world.client.create(CONFIG_MAPS, map('old', ref('Secret', 's', 'old')));
    await world.client.create(CONFIG_MAPS, map('new', ref('Secret', 's', 'new')));
    await world.run(garbageCollector);
    await world.until('only the new one', names(world, CONFIG_MAPS), are('new'));
  });

  test('one owner left is enough; the reference to the other goes', async () => {
    const world = new World();
    for (const name of ['a', 'b'])
      await world.client.create(SECRETS, { metadata: { name, namespace: 'default', uid: name } });
    await world.client.create(CONFIG_MAPS, map('both', ref('Secret', 'a', 'a'), ref('Secret', 'b', 'b')));
    await world.run(garbageCollector);
    await world.client.delete(SECRETS, { name: 'a', namespace: 'default' });
    const owners = async (): Promise<string[]> =>
      ((await world.client.get(CONFIG_MAPS, 'both', 'default')).metadata?.ownerReferences ?? []).map(
        ({ name }) => name,
      );
    await world.until('one reference', owners, are('b'));
  });

  test('a namespaced dependent of a cluster-scoped owner goes with it', async () => {
    const world = new World();
    await world.client.create(NODES, aNode('n'));
    await world.client.create(CONFIG_MAPS, map('of-n', ref('Node', 'n', 'uid-n')));
    await world.run(garbageCollector);
    await world.client.delete(NODES, { name: 'n' });
    await world.until('nothing left', names(world, CONFIG_MAPS), are());
  });

  test('a cluster-scoped object cannot be owned by a namespaced one: it is told, and the object goes', async () => {
    const world = new World();
    await world.client.create(SECRETS, { metadata: { name: 's', namespace: 'default', uid: 'uid-s' } });
    const node = aNode('n');
    node.metadata = { ...node.metadata, ownerReferences: [ref('Secret', 's', 'uid-s')] };
    await world.run(garbageCollector);
    await world.client.create(NODES, aNode('free'));
    await world.client.create(NODES, node);
    await world.until('only the free node', names(world, NODES), are('free'));
    expect(
      (await world.events()).some((event) => event.startsWith('OwnerRefInvalidNamespace ownerRef [v1/Secret')),
    ).toBe(true);
  });

  test('an owner of a kind nobody knows is not taken for absent', async () => {
    const world = new World();
    await world.client.create(CONFIG_MAPS, map('strange', ref('Widget', 'w', 'uid-w', 'example.com/v1')));
    await world.client.create(CONFIG_MAPS, map('lost', ref('Secret', 'gone', 'uid-gone')));
    await world.run(garbageCollector);
    await world.until('the lost one gone', names(world, CONFIG_MAPS), are('strange'));
  });
});
