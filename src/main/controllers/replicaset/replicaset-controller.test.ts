import { describe, expect, test } from 'vitest';
import { ApiError } from '../../../shared/api/errors.ts';
import { PODS, REPLICA_SETS, type Pod, type ReplicaSet } from '../../../shared/api/kinds.ts';
import { nameOf } from '../../../shared/api/meta.ts';
import { aPod, aReplicaSet } from '../testing/builders.ts';
import { World } from '../testing/world.ts';
import { replicaSetController } from './replicaset-controller.ts';

async function worldWith(replicaSet: ReplicaSet): Promise<World> {
  const world = new World();
  await world.run(replicaSetController);
  await world.client.create(REPLICA_SETS, replicaSet);
  return world;
}

const podCount = (count: number) => (pods: Pod[]) => pods.length === count;
const status = (world: World) => async () => (await world.client.get(REPLICA_SETS, 'rs', 'default')).status;
const RS = { name: 'rs', namespace: 'default' };

describe('replicaSetController', () => {
  test('creates exactly the pods asked for, however far the cache is behind', async () => {
    const world = await worldWith(aReplicaSet('rs', 37));
    await world.until('37 in status', status(world), (have) => have?.replicas === 37);
    const creates = world.api.requests.filter((request) => request === 'POST /api/v1/namespaces/default/pods');
    expect(creates).toHaveLength(37);
    expect(await world.events()).toContain(
      `SuccessfulCreate Created pod: ${nameOf((await world.list(PODS))[0] ?? {})}`,
    );
  });

  test('replaces a pod that is deleted and one that has failed', async () => {
    const world = await worldWith(aReplicaSet('rs', 2));
    const [first, second] = await world.until('two pods', () => world.list(PODS), podCount(2));
    await world.client.delete(PODS, { name: nameOf(first ?? {}), namespace: 'default' });
    const failed = { name: nameOf(second ?? {}), namespace: 'default', subresource: 'status' };
    await world.client.patch(PODS, failed, { status: { phase: 'Failed' } });
    const active = (pods: Pod[]): number => pods.filter((pod) => pod.status?.phase !== 'Failed').length;
    await world.until(
      'two active pods',
      () => world.list(PODS),
      (pods) => active(pods) === 2,
    );
  });

  test('scales down to the number asked for and not below', async () => {
    const world = await worldWith(aReplicaSet('rs', 5));
    await world.until('five in status', status(world), (have) => have?.replicas === 5);
    await world.client.patch(REPLICA_SETS, RS, { spec: { replicas: 2 } });
    await world.until('two in status', status(world), (have) => have?.replicas === 2 && have.observedGeneration === 2);
    expect(await world.list(PODS)).toHaveLength(2);
  });

  test('adopts a matching orphan, and releases a pod whose labels no longer match', async () => {
    const world = new World();
    await world.client.create(PODS, aPod({ name: 'orphan' }));
    await world.run(replicaSetController);
    await world.client.create(REPLICA_SETS, aReplicaSet('rs', 1));
    const get = () => world.client.get(PODS, 'orphan', 'default');
    const owner = (pod: Pod): string | undefined => pod.metadata?.ownerReferences?.[0]?.name;
    await world.until('adoption', get, (pod) => owner(pod) === 'rs');
    expect(await world.list(PODS)).toHaveLength(1);
    await world.client.patch(
      PODS,
      { name: 'orphan', namespace: 'default' },
      { metadata: { labels: { app: 'debug' } } },
    );
    await world.until('release', get, (pod) => owner(pod) === undefined);
    await world.until('a replacement', () => world.list(PODS), podCount(2));
  });

  test('reports that creating fails, tries one pod at a time, and recovers', async () => {
    const world = new World();
    world.api.intercept = ({ method, path }) => {
      if (method === 'POST' && path.endsWith('/pods')) throw new ApiError(403, 'Forbidden', 'exceeded quota: small');
    };
    await world.run(replicaSetController);
    await world.client.create(REPLICA_SETS, aReplicaSet('rs', 100));
    const failed = await world.until('a failure', status(world), (have) => (have?.conditions?.length ?? 0) > 0);
    expect(failed?.conditions?.[0]).toMatchObject({
      type: 'ReplicaFailure',
      reason: 'FailedCreate',
      message: 'exceeded quota: small',
    });
    expect(await world.events()).toContain('FailedCreate Error creating: exceeded quota: small');
    // Slow start: a hundred missing pods must not mean a hundred refused requests a try.
    const tries = world.api.requests.filter((request) => request === 'POST /api/v1/namespaces/default/pods').length;
    expect(tries).toBeLessThan(30);
    world.api.intercept = undefined;
    await world.until('recovery', status(world), (have) => have?.replicas === 100 && have.conditions === undefined);
  });

  test('leaves off quietly in a namespace that is being deleted', async () => {
    const world = new World();
    world.api.intercept = ({ method, path }) => {
      if (method !== 'POST' || !path.endsWith('/pods')) return;
      throw new ApiError(403, 'Forbidden', 'unable to create new content', {
        causes: [{ reason: 'NamespaceTerminating', message: 'namespace default is being terminated' }],
      });
    };
    await world.run(replicaSetController);
    await world.client.create(REPLICA_SETS, aReplicaSet('rs', 3));
    const have = await world.until('status', status(world), (have) => have?.observedGeneration === 1);
    expect(have?.conditions).toBeUndefined();
    expect(await world.events()).toEqual([]);
  });
});
