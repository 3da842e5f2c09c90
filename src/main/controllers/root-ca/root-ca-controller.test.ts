import { expect, test } from 'vitest';
import { CONFIG_MAPS, NAMESPACES } from '../../../shared/api/kinds.ts';
import { World } from '../testing/world.ts';
import { rootCaController } from './root-ca-controller.ts';

test('every active namespace has the authority, also after it was deleted or changed', async () => {
  const world = new World();
  await world.client.create(NAMESPACES, { metadata: { name: 'old' } });
  await world.client.create(NAMESPACES, { metadata: { name: 'ending' }, status: { phase: 'Terminating' } });
  await world.run((deps) => rootCaController(deps, 'PEM'));
  await world.client.create(NAMESPACES, { metadata: { name: 'new' } });
  const published = async (): Promise<string[]> =>
    (await world.list(CONFIG_MAPS))
      .map(({ metadata, data }) => `${metadata?.namespace ?? ''}/${metadata?.name ?? ''} ${JSON.stringify(data)}`)
      .sort();
  const complete = (have: string[]): boolean =>
    have.join() === 'new/kube-root-ca.crt {"ca.crt":"PEM"},old/kube-root-ca.crt {"ca.crt":"PEM"}';
  await world.until('both', published, complete);
  const target = { name: 'kube-root-ca.crt', namespace: 'old' };
  await world.client.delete(CONFIG_MAPS, target);
  await world.until('both again', published, complete);
  await world.client.patch(CONFIG_MAPS, target, { data: { 'ca.crt': 'forged', more: 'x' } });
  await world.until('the true one', published, complete);
  expect(world.faults).toEqual([]);
});
