import { describe, expect, test } from 'vitest';
import { DEPLOYMENTS, PODS, REPLICA_SETS, type Deployment, type Pod } from '../../../shared/api/kinds.ts';
import { nameOf } from '../../../shared/api/meta.ts';
import { replicaSetController } from '../replicaset/replicaset-controller.ts';
import { aDeployment, aReplicaSet } from '../testing/builders.ts';
import { World } from '../testing/world.ts';
import { HASH_LABEL, templateHash } from './template.ts';
import { deploymentController } from './deployment-controller.ts';
import { REVISION } from './annotations.ts';

const WEB = { name: 'web', namespace: 'default' };
const template = (image: string): object => ({
  spec: { template: { spec: { containers: [{ name: 'app', image }] } } },
});

/** A kubelet and scheduler in one: every pod whose image is not `broken` is made ready. */
function runPods(world: World): void {
  world.informers.of(PODS).onDidChange((change) => {
    const pod = change.object;
    if (change.type !== 'added' || pod.spec?.containers[0]?.image === 'broken') return;
    const lastTransitionTime = new Date(world.clock.now()).toISOString();
    const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True', lastTransitionTime }] };
    const target = { name: nameOf(pod), namespace: 'default', subresource: 'status' };
    world.client.patch(PODS, target, { status }).catch((error: unknown) => world.faults.push(error));
  });
}

async function rollOut(deployment: Deployment): Promise<World> {
  const world = new World();
  runPods(world);
  await world.run(deploymentController, replicaSetController);
  await world.client.create(DEPLOYMENTS, deployment);
  return world;
}

const get = (world: World) => () => world.client.get(DEPLOYMENTS, 'web', 'default');
const settled = (deployment: Deployment): boolean =>
  deployment.status?.observedGeneration === deployment.metadata?.generation &&
  deployment.status?.updatedReplicas === deployment.spec?.replicas &&
  deployment.status?.replicas === deployment.spec?.replicas &&
  deployment.status?.availableReplicas === deployment.spec?.replicas;
const images = async (world: World): Promise<(string | undefined)[]> =>
  (await world.list(PODS)).map((pod: Pod) => pod.spec?.containers[0]?.image);

describe('deploymentController', () => {
  test('rolls out, updates, and rolls back, within its limits at every moment', async () => {
    const world = await rollOut(aDeployment(8));
    await world.until('the first rollout', get(world), settled);
    let most = 0;
    let fewest = 8;
    const pods = world.informers.of(PODS);
    pods.onDidChange(() => {
      const ready = pods.list().filter((pod) => pod.status?.phase === 'Running').length;
      most = Math.max(most, pods.size);
      fewest = Math.min(fewest, ready);
    });
    await world.client.patch(DEPLOYMENTS, WEB, template('web:2'));
    await world.until('the update', get(world), settled);
    expect(await images(world)).toEqual(Array.from({ length: 8 }, () => 'web:2'));
    expect({ most: most <= 10, fewest: fewest >= 6 }).toEqual({ most: true, fewest: true });

    await world.client.patch(DEPLOYMENTS, WEB, template('web:1'));
    const back = await world.until('the roll-back', get(world), settled);
    expect(await images(world)).toEqual(Array.from({ length: 8 }, () => 'web:1'));
    expect(back.metadata?.annotations?.[REVISION]).toBe('3');
    expect(await world.list(REPLICA_SETS)).toHaveLength(2);
    expect(back.status?.conditions?.map((condition) => condition.reason)).toEqual(
      expect.arrayContaining(['MinimumReplicasAvailable', 'NewReplicaSetAvailable']),
    );
  });

  test('says what it scales, in upstream words', async () => {
    const world = await rollOut(aDeployment(3));
    await world.until('the rollout', get(world), settled);
    await world.client.patch(DEPLOYMENTS, WEB, { spec: { replicas: 5 } });
    await world.until('the scaling', get(world), settled);
    const name = nameOf((await world.list(REPLICA_SETS))[0] ?? {});
    const recorded = await world.until(
      'events',
      () => world.events(),
      (all) => all.filter((event) => event.startsWith('Scaling')).length === 2,
    );
    expect(recorded.filter((event) => event.startsWith('Scaling'))).toEqual([
      `ScalingReplicaSet Scaled up replica set ${name} from 0 to 3`,
      `ScalingReplicaSet Scaled up replica set ${name} from 3 to 5`,
    ]);
  });

  test('a broken image leaves enough of the old pods, and undoing it ends well', async () => {
    const world = await rollOut(aDeployment(4));
    await world.until('the rollout', get(world), settled);
    await world.client.patch(DEPLOYMENTS, WEB, template('broken'));
    await world.until(
      'the stuck rollout',
      get(world),
      ({ status }) => status?.updatedReplicas === 2 && status.replicas === 5,
    );
    expect((await images(world)).filter((image) => image === 'web:1')).toHaveLength(3);
    await world.client.patch(DEPLOYMENTS, WEB, template('web:1'));
    await world.until('the old state', get(world), settled);
    expect(await images(world)).toEqual(['web:1', 'web:1', 'web:1', 'web:1']);
  });

  test('goes round a ReplicaSet of another template that has the name of its hash', async () => {
    const deployment = aDeployment(1);
    const hash = templateHash(deployment.spec?.template, undefined);
    const world = new World();
    runPods(world);
    const taken = aReplicaSet(`web-${hash}`, 0, {
      metadata: { name: `web-${hash}`, namespace: 'default', labels: { other: '1' } },
    });
    await world.client.create(REPLICA_SETS, taken);
    await world.run(deploymentController, replicaSetController);
    await world.client.create(DEPLOYMENTS, deployment);
    const done = await world.until('the rollout', get(world), settled);
    expect(done.status?.collisionCount).toBe(1);
    const made = (await world.list(REPLICA_SETS)).find((have) => have.metadata?.labels?.[HASH_LABEL]);
    expect(made?.metadata?.name).toBe(`web-${templateHash(deployment.spec?.template, 1)}`);
  });

  test('settles: nothing is written once all is as it should be', async () => {
    const world = await rollOut(aDeployment(3));
    await world.until(
      'the rollout',
      get(world),
      (have) =>
        settled(have) && have.status?.conditions?.some(({ reason }) => reason === 'NewReplicaSetAvailable') === true,
    );
    await world.until(
      'quiet',
      async () => {
        const before = world.api.requests.filter((request) => !request.startsWith('GET')).length;
        for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
        return world.api.requests.filter((request) => !request.startsWith('GET')).length - before;
      },
      (writes) => writes === 0,
    );
    expect(world.faults).toEqual([]);
  });
});
