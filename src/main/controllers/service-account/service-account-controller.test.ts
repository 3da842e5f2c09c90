import { expect, test } from 'vitest';
import { NAMESPACES, SERVICE_ACCOUNTS } from '../../../shared/api/kinds.ts';
import { World } from '../testing/world.ts';
import { serviceAccountController } from './service-account-controller.ts';

test('every active namespace has a default ServiceAccount, also after it was deleted', async () => {
  const world = new World();
  await world.client.create(NAMESPACES, { metadata: { name: 'old' } });
  await world.client.create(NAMESPACES, { metadata: { name: 'ending' }, status: { phase: 'Terminating' } });
  await world.run(serviceAccountController);
  await world.client.create(NAMESPACES, { metadata: { name: 'new' } });
  const accounts = async (): Promise<string[]> =>
    (await world.list(SERVICE_ACCOUNTS))
      .map(({ metadata }) => `${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`)
      .sort();
  const complete = (have: string[]): boolean => have.join() === 'new/default,old/default';
  await world.until('both', accounts, complete);
  await world.client.delete(SERVICE_ACCOUNTS, { name: 'default', namespace: 'old' });
  await world.until('both again', accounts, complete);
  expect(world.faults).toEqual([]);
});
