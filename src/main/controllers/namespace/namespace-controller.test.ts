import { describe, expect, test } from 'vitest';
import { CONFIG_MAPS, NAMESPACES, PODS, SECRETS, type Namespace } from '../../../shared/api/kinds.ts';
import { nameOf } from '../../../shared/api/meta.ts';
import { ApiError } from '../../../shared/api/errors.ts';
import { aPod } from '../testing/builders.ts';
import { World } from '../testing/world.ts';
import { namespaceController } from './namespace-controller.ts';

const aNamespace = (name: string): Namespace => ({
  metadata: { name },
  spec: { finalizers: ['kubernetes'] },
  status: { phase: 'Active' },
});

async function worldWith(...namespaces: string[]): Promise<World> {
  const world = new World();
  for (const name of namespaces) await world.client.create(NAMESPACES, aNamespace(name));
  return world;
}
const namespaces = (world: World) => async (): Promise<string[]> => (await world.list(NAMESPACES)).map(nameOf);
const conditions = (world: World, name: string) => async (): Promise<Record<string, string>> =>
  Object.fromEntries(
    ((await world.client.get(NAMESPACES, name)).status?.conditions ?? []).map(({ type, status, message }) => [
      type,
      `${status}: ${message ?? ''}`,
    ]),
  );

describe('namespaceController', () => {
  test('empties the namespace, pods first, then lets it go; leaves others alone', async () => {
    const world = await worldWith('doomed', 'safe');
    for (const namespace of ['doomed', 'safe'])
      await world.client.create(SECRETS, { metadata: { name: 's', namespace } });
    const pod = aPod({ name: 'p', node: 'n' });
    await world.client.create(PODS, { ...pod, metadata: { ...pod.metadata, namespace: 'doomed' } });
    await world.run(namespaceController);
    await world.client.delete(NAMESPACES, { name: 'doomed' });
    const told = await world.until(
      'a report',
      conditions(world, 'doomed'),
      (have) => 'NamespaceContentRemaining' in have,
    );
    expect(told).toEqual({
      NamespaceDeletionDiscoveryFailure: 'False: All resources successfully discovered',
      NamespaceDeletionGroupVersionParsingFailure: 'False: All legacy kube types successfully parsed',
      NamespaceDeletionContentFailure: 'False: All content successfully deleted, may be waiting on finalization',
      NamespaceContentRemaining: 'True: Some resources are remaining: pods. has 1 resource instances',
      NamespaceFinalizersRemaining: 'False: All content-preserving finalizers finished',
    });
    expect(await world.list(SECRETS)).toHaveLength(2);
    // The kubelet says that the pod has ended.
    await world.client.delete(PODS, { name: 'p', namespace: 'doomed' }, { gracePeriodSeconds: 0 });
    await world.until('only the safe one', namespaces(world), (have) => have.join() === 'safe');
    expect((await world.list(SECRETS)).map(({ metadata }) => metadata?.namespace)).toEqual(['safe']);
  });

  test('names the finalizers that hold content back', async () => {
    const world = await worldWith('stuck');
    await world.client.create(CONFIG_MAPS, {
      metadata: { name: 'm', namespace: 'stuck', finalizers: ['example.com/hold'] },
    });
    await world.run(namespaceController);
    await world.client.delete(NAMESPACES, { name: 'stuck' });
    const told = await world.until(
      'a report',
      conditions(world, 'stuck'),
      (have) => 'NamespaceFinalizersRemaining' in have,
    );
    expect(told['NamespaceFinalizersRemaining']).toBe(
      'True: Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
    );
    expect(await namespaces(world)()).toEqual(['stuck']);
  });

  test('says what cannot be deleted', async () => {
    const world = await worldWith('stuck');
    await world.client.create(SECRETS, { metadata: { name: 's', namespace: 'stuck' } });
    world.api.intercept = ({ method, path }) => {
      if (method === 'DELETE' && path.includes('/secrets/')) throw new ApiError(500, 'InternalError', 'disk full');
    };
    await world.run(namespaceController);
    await world.client.delete(NAMESPACES, { name: 'stuck' });
    const told = await world.until(
      'a report',
      conditions(world, 'stuck'),
      (have) => 'NamespaceDeletionContentFailure' in have,
    );
    expect(told['NamespaceDeletionContentFailure']).toBe(
      'True: Failed to delete all resource types, 1 remaining: secrets.: disk full',
    );
  });
});
