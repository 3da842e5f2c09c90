import { afterEach, describe, expect, test } from 'vitest';
import { ApiError } from '../../shared/api/errors.ts';
import {
  EVENTS,
  NODES,
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  PODS,
  STORAGE_CLASSES,
  type Pod,
} from '../../shared/api/kinds.ts';
import { ApiClient } from '../../shared/client/api-client.ts';
import { SharedInformers } from '../../shared/client/shared-informers.ts';
import type { Logger } from '../../shared/logger.ts';
import { MemoryApi } from '../../shared/testing/memory-api.ts';
import { startScheduler } from './index.ts';
import { aNode, aPod } from './testing/builders.ts';

const nothing = (): void => undefined;
const log: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

interface World {
  api: MemoryApi;
  client: ApiClient;
  until<T>(what: string, ask: () => Promise<T>, good: (answer: T) => boolean): Promise<T>;
}

async function run(): Promise<World> {
  const api = new MemoryApi({ now: () => Date.now() });
  const client = new ApiClient(api, 'test');
  const informers = new SharedInformers(client, (error) => {
    throw error;
  });
  // Time runs a hundred times as fast, so that back-offs are over in no time.
  const began = Date.now();
  const clock = { now: () => began + (Date.now() - began) * 100 };
  const options = { backoffCheckMs: 2, unschedulableCheckMs: 300 };
  const scheduler = await startScheduler({ client, informers, clock, random: () => 0.5, log }, options);
  stops.push(async () => {
    await scheduler.stop();
    informers.stop();
  });
  return { api, client, until };
}

async function until<T>(what: string, ask: () => Promise<T>, good: (answer: T) => boolean): Promise<T> {
  let last: T | undefined;
  for (let turn = 0; turn < 4000; turn += 1) {
    last = await ask();
    if (good(last)) return last;
    await new Promise((resolve) => setTimeout(resolve, turn < 50 ? 0 : 1));
  }
  throw new Error(`waited in vain for ${what}; last seen: ${JSON.stringify(last).slice(0, 2000)}`);
}

const pods = (world: World) => async (): Promise<Pod[]> => (await world.client.list(PODS)).items;
const events = (world: World) => async (): Promise<string[]> =>
  (await world.client.list(EVENTS)).items.map(({ reason, message }) => `${reason ?? ''}: ${message ?? ''}`);
const bound = (pod: Pod): boolean => pod.spec?.nodeName !== undefined;

describe('the scheduler', () => {
  test('places pods that are there and pods that come, and says so', async () => {
    const world = await run();
    await world.client.create(NODES, aNode('a'));
    await world.client.create(PODS, aPod('p', { cpu: '1' }));
    await world.until('a place', pods(world), (all) => all.every(bound));
    await world.until('the event', events(world), (all) =>
      all.includes('Scheduled: Successfully assigned default/p to a'),
    );
  });

  test('leaves pods of other schedulers alone', async () => {
    const world = await run();
    await world.client.create(NODES, aNode('a'));
    await world.client.create(PODS, aPod('other', {}, { schedulerName: 'mine' }));
    await world.client.create(PODS, aPod('ours'));
    const all = await world.until('a place', pods(world), (list) => list.some(bound));
    expect(all.filter(bound).map(({ metadata }) => metadata?.name)).toEqual(['ours']);
  });

  test('says why a pod waits, in the event and the condition, and places it when a node comes', async () => {
    const world = await run();
    await world.client.create(PODS, aPod('p', { cpu: '2' }));
    const waiting = await world.until('a condition', pods(world), ([pod]) => pod?.status?.conditions !== undefined);
    expect(waiting[0]?.status?.conditions).toMatchObject([
      {
        type: 'PodScheduled',
        status: 'False',
        reason: 'Unschedulable',
        message: 'no nodes available to schedule pods',
      },
    ]);
    await world.client.create(NODES, aNode('small', { cpu: '1' }));
    const message =
      '0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.';
    await world.until('the reason', events(world), (all) => all.includes(`FailedScheduling: ${message}`));
    await world.client.create(NODES, aNode('large'));
    const [placed] = await world.until('a place', pods(world), (all) => all.every(bound));
    expect(placed?.spec?.nodeName).toBe('large');
  });

  test('places a waiting pod when another leaves and makes room', async () => {
    const world = await run();
    await world.client.create(NODES, aNode('a', { cpu: '1' }));
    await world.client.create(PODS, aPod('first', { cpu: '1' }));
    await world.until('the first', pods(world), (all) => all.every(bound));
    await world.client.create(PODS, aPod('second', { cpu: '1' }));
    await world.until('the refusal', events(world), (all) => all.some((event) => event.includes('Insufficient cpu')));
    await world.client.delete(PODS, { name: 'first', namespace: 'default' }, { gracePeriodSeconds: 0 });
    await world.until('the second', pods(world), (all) => all.length === 1 && all.every(bound));
  });

  test('never promises the same room twice, whatever the order of answers', async () => {
    const world = await run();
    for (const name of ['a', 'b', 'c']) await world.client.create(NODES, aNode(name, { cpu: '4', pods: '110' }));
    for (let index = 0; index < 15; index += 1)
      await world.client.create(PODS, aPod(`p${String(index)}`, { cpu: '1' }));
    const all = await world.until('twelve places', pods(world), (list) => list.filter(bound).length === 12);
    const perNode = ['a', 'b', 'c'].map((name) => all.filter((pod) => pod.spec?.nodeName === name).length);
    expect(perNode).toEqual([4, 4, 4]);
  });

  test('a binding that fails frees the place and is tried again', async () => {
    const world = await run();
    let refused = 0;
    world.api.intercept = ({ path }) => {
      if (!path.endsWith('/binding') || refused >= 1) return;
      refused += 1;
      throw new ApiError(500, 'InternalError', 'Internal error occurred: disk full');
    };
    await world.client.create(NODES, aNode('a', { cpu: '1' }));
    await world.client.create(PODS, aPod('p', { cpu: '1' }));
    await world.until('a place', pods(world), (all) => all.every(bound));
    expect(refused).toBe(1);
    expect(
      (await events(world)()).some((event) =>
        event.startsWith('FailedScheduling: running Bind plugin "DefaultBinder"'),
      ),
    ).toBe(true);
  });

  test('finished pods take no room', async () => {
    const world = await run();
    await world.client.create(NODES, aNode('a', { cpu: '1' }));
    await world.client.create(PODS, {
      ...aPod('done', { cpu: '1' }, { nodeName: 'a' }),
      status: { phase: 'Succeeded' },
    });
    await world.client.create(PODS, aPod('p', { cpu: '1' }));
    await world.until('a place', pods(world), (all) => all.every(bound));
  });
});

describe('volumes that are bound late', () => {
  const target = { name: 'data', namespace: 'default' };
  const aUser = (name: string): Pod =>
    aPod(name, {}, { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] });
  const withClass = async (): Promise<World> => {
    const world = await run();
    await world.client.create(NODES, aNode('a'));
    await world.client.create(STORAGE_CLASSES, {
      metadata: { name: 'slow' },
      provisioner: 'example.com/disks',
      volumeBindingMode: 'WaitForFirstConsumer',
    });
    return world;
  };
  const aClaim = {
    metadata: target,
    spec: { storageClassName: 'slow', resources: { requests: { storage: '1Gi' } } },
    status: { phase: 'Pending' },
  };
  const getClaim = (world: World) => () => world.client.get(PERSISTENT_VOLUME_CLAIMS, 'data', 'default');

  test('are made for the node that was chosen, and the pod is bound when they are', async () => {
    const world = await withClass();
    await world.client.create(PODS, aUser('user'));
    await world.until('the pod to be told', events(world), (all) =>
      all.some((text) => text.includes('"data" not found')),
    );
    await world.client.create(PERSISTENT_VOLUME_CLAIMS, aClaim);
    await world.until(
      'its node to be named',
      getClaim(world),
      ({ metadata }) => metadata?.annotations?.['volume.kubernetes.io/selected-node'] === 'a',
    );
    expect((await pods(world)()).some(bound)).toBe(false);
    await world.client.create(PERSISTENT_VOLUMES, { metadata: { name: 'pv' }, spec: { storageClassName: 'slow' } });
    const annotations = { 'pv.kubernetes.io/bind-completed': 'yes' };
    await world.client.patch(PERSISTENT_VOLUME_CLAIMS, target, {
      metadata: { annotations },
      spec: { volumeName: 'pv' },
    });
    await world.until('the pod to be bound', pods(world), (all) => all.every(bound));
  });

  test('that are there are reserved for the claim', async () => {
    const world = await withClass();
    const spec = { storageClassName: 'slow', capacity: { storage: '2Gi' } };
    await world.client.create(PERSISTENT_VOLUMES, { metadata: { name: 'pv' }, spec, status: { phase: 'Available' } });
    await world.client.create(PERSISTENT_VOLUME_CLAIMS, aClaim);
    await world.client.create(PODS, aUser('user'));
    const reserved = await world.until(
      'the reservation',
      () => world.client.get(PERSISTENT_VOLUMES, 'pv'),
      (volume) => volume.spec?.claimRef !== undefined,
    );
    expect(reserved.spec?.claimRef).toMatchObject(target);
    expect((await getClaim(world)()).metadata?.annotations).toBeUndefined();
  });

  test('whose provisioner gives the node up make the pod be placed anew', async () => {
    const world = await withClass();
    await world.client.create(PERSISTENT_VOLUME_CLAIMS, aClaim);
    await world.client.create(PODS, aUser('user'));
    const named = ({ metadata }: { metadata?: { annotations?: Record<string, string> } }): boolean =>
      metadata?.annotations?.['volume.kubernetes.io/selected-node'] === 'a';
    await world.until('its node to be named', getClaim(world), named);
    const none = { metadata: { annotations: { 'volume.kubernetes.io/selected-node': null } } };
    await world.client.patch(PERSISTENT_VOLUME_CLAIMS, target, none);
    const text =
      'FailedScheduling: running PreBind plugin "VolumeBinding": binding volumes: selectedNode annotation reset for PVC "data"';
    await world.until('the failure', events(world), (all) => all.includes(text));
    await world.until('its node to be named again', getClaim(world), named);
  });
});
