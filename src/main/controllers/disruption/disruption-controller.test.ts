import { describe, expect, test } from 'vitest';
import {
  CONFIG_MAPS,
  DEPLOYMENTS,
  POD_DISRUPTION_BUDGETS,
  PODS,
  REPLICA_SETS,
  STATEFUL_SETS,
  type PodDisruptionBudget,
} from '../../../shared/api/kinds.ts';
import { controllerReference } from '../runtime/ownership.ts';
import { aDeployment, aPod, aReplicaSet } from '../testing/builders.ts';
import { World } from '../testing/world.ts';
import { disruptionController } from './disruption-controller.ts';
import { staleDisruptionController } from './stale-disruption-controller.ts';

const budget = (spec: NonNullable<PodDisruptionBudget['spec']>): PodDisruptionBudget => ({
  metadata: { name: 'budget', namespace: 'default' },
  spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
});
const status = (world: World) => async () =>
  (await world.client.get(POD_DISRUPTION_BUDGETS, 'budget', 'default')).status;

describe('disruptionController', () => {
  test('follows the pods of a Deployment, by what the Deployment wants', async () => {
    const world = new World();
    await world.client.create(DEPLOYMENTS, aDeployment(4));
    const owner = controllerReference(aDeployment(4), DEPLOYMENTS);
    const replicaSet = aReplicaSet('web-1', 4, {
      metadata: { name: 'web-1', namespace: 'default', uid: 'uid-web-1', ownerReferences: [owner] },
    });
    await world.client.create(REPLICA_SETS, replicaSet);
    await world.run(disruptionController);
    await world.client.create(POD_DISRUPTION_BUDGETS, budget({ maxUnavailable: '25%' }));
    await world.until('no pods yet', status(world), (have) => have?.observedGeneration === 1);
    for (const name of ['a', 'b', 'c', 'd'])
      await world.client.create(PODS, aPod({ name, readyAt: 0, owner: replicaSet }));
    await world.until('one may go', status(world), (have) => have?.disruptionsAllowed === 1);
    expect(await status(world)()).toMatchObject({ currentHealthy: 4, desiredHealthy: 3, expectedPods: 4 });
    await world.client.delete(PODS, { name: 'a', namespace: 'default' });
    await world.until('none may go', status(world), (have) => have?.disruptionsAllowed === 0);
    expect(await status(world)()).toMatchObject({
      currentHealthy: 3,
      expectedPods: 4,
      conditions: [{ reason: 'InsufficientPods' }],
    });
    expect(world.faults).toEqual([]);
  });

  test('asks other owners for their scale, and counts each once', async () => {
    const world = new World();
    const statefulSet = {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'db', namespace: 'default', uid: 'uid-db' },
      spec: { replicas: 3, selector: {}, serviceName: '', template: {} },
    };
    await world.client.create(STATEFUL_SETS, statefulSet);
    for (const name of ['db-0', 'db-1'])
      await world.client.create(PODS, {
        ...aPod({ name, readyAt: 0 }),
        metadata: { ...aPod({ name }).metadata, ownerReferences: [controllerReference(statefulSet, STATEFUL_SETS)] },
      });
    await world.client.create(POD_DISRUPTION_BUDGETS, budget({ minAvailable: '50%' }));
    await world.run(disruptionController);
    await world.until('counted', status(world), (have) => have?.expectedPods === 3);
    expect(await status(world)()).toMatchObject({ desiredHealthy: 2, currentHealthy: 2, disruptionsAllowed: 0 });
  });

  test('asks an owner of any other kind by its scale subresource', async () => {
    const world = new World();
    // The server in memory answers `/scale` with the object, which has its replicas where a Scale has them.
    const owner = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'fleet', namespace: 'default', uid: 'uid-fleet' },
    };
    await world.client.create(CONFIG_MAPS, { ...owner, spec: { replicas: 5 } } as object);
    const pod = aPod({ name: 'a', readyAt: 0 });
    const metadata = { ...pod.metadata, ownerReferences: [controllerReference(owner, CONFIG_MAPS)] };
    await world.client.create(PODS, { ...pod, metadata });
    await world.client.create(POD_DISRUPTION_BUDGETS, budget({ maxUnavailable: 1 }));
    await world.run(disruptionController);
    await world.until('counted', status(world), (have) => have?.expectedPods === 5);
    expect(await status(world)()).toMatchObject({ desiredHealthy: 4, currentHealthy: 1 });
    expect(world.api.requests).toContain('GET /api/v1/namespaces/default/configmaps/fleet/scale');
  });

  test('an owner that is not there stops all evictions, and the budget says why', async () => {
    const world = new World();
    await world.client.create(PODS, aPod({ name: 'a', readyAt: 0, owner: aReplicaSet('gone', 1) }));
    await world.client.create(POD_DISRUPTION_BUDGETS, budget({ maxUnavailable: 1 }));
    await world.run(disruptionController);
    const have = await world.until(
      'a failure',
      status(world),
      (have) => have?.conditions?.[0]?.reason === 'SyncFailed',
    );
    expect(have).toMatchObject({
      disruptionsAllowed: 0,
      conditions: [{ message: 'found no controllers for pod "a"' }],
    });
    expect(await world.events()).toContain(
      'CalculateExpectedPodCountFailed Failed to calculate the number of expected pods: found no controllers for pod "a"',
    );
  });

  test('tells of pods without an owner, which a share cannot be taken of', async () => {
    const world = new World();
    await world.client.create(PODS, aPod({ name: 'a', readyAt: 0 }));
    await world.client.create(POD_DISRUPTION_BUDGETS, budget({ maxUnavailable: 1 }));
    await world.run(disruptionController);
    await world.until(
      'an event',
      () => world.events(),
      (events) => events.some((event) => event.startsWith('UnmanagedPods')),
    );
  });
});

test('DisruptionTarget is taken back from a pod that stayed', async () => {
  const world = new World();
  const pod = aPod({ name: 'stays', node: 'n' });
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'EvictionByEvictionAPI',
    lastTransitionTime: '2025-12-31T23:57:59Z',
  };
  pod.status = { ...pod.status, conditions: [condition] };
  await world.client.create(PODS, pod);
  await world.run(staleDisruptionController);
  const conditions = async () => (await world.client.get(PODS, 'stays', 'default')).status?.conditions ?? [];
  await world.until('False', conditions, (have) =>
    have.some(({ type, status: is }) => type === 'DisruptionTarget' && is === 'False'),
  );
});
