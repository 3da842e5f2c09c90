import { expect, test } from 'vitest';
import { ENDPOINT_SLICES, ENDPOINTS, SERVICES, type Endpoints, type EndpointSlice } from '../../../shared/api/kinds.ts';
import { World } from '../testing/world.ts';
import { endpointSliceMirroringController } from './endpoint-slice-mirroring-controller.ts';

const endpoints = (more: Endpoints['metadata'] = {}): Endpoints => ({
  metadata: { name: 'db', namespace: 'default', labels: { team: 'x' }, annotations: { note: 'y' }, ...more },
  subsets: [
    {
      addresses: [{ ip: '192.0.2.1', hostname: 'one' }, { ip: '2001:db8::1' }],
      notReadyAddresses: [{ ip: '192.0.2.2' }, { ip: '192.0.2.1' }],
      ports: [{ port: 5432, protocol: 'TCP' }],
    },
  ],
});
const service = (selector?: Record<string, string>) => ({
  metadata: { name: 'db', namespace: 'default' },
  spec: { ports: [{ port: 5432 }], ...(selector ? { selector } : {}) },
});
async function running(): Promise<World> {
  const world = new World();
  await world.run(endpointSliceMirroringController);
  return world;
}
const untilSlices = (world: World, count: number): Promise<EndpointSlice[]> =>
  world.until(
    `${String(count)} slices`,
    () => world.list(ENDPOINT_SLICES),
    ({ length }) => length === count,
  );

test('what is written by hand for a Service without a selector is mirrored, and goes with it', async () => {
  const world = await running();
  await world.client.create(ENDPOINTS, endpoints());
  await world.client.create(SERVICES, service());
  const [slice] = await untilSlices(world, 1);
  expect(slice).toMatchObject({
    metadata: {
      labels: {
        team: 'x',
        'kubernetes.io/service-name': 'db',
        'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io',
      },
      annotations: { note: 'y' },
      ownerReferences: [{ kind: 'Endpoints', name: 'db' }],
    },
    ports: [{ name: '', port: 5432, protocol: 'TCP' }],
    endpoints: [
      { addresses: ['192.0.2.1'], hostname: 'one', conditions: { ready: true } },
      { addresses: ['192.0.2.2'], conditions: { ready: false } },
    ],
  });
  await world.client.delete(ENDPOINTS, { name: 'db', namespace: 'default' });
  await untilSlices(world, 0);
});

test('a Service that gets a selector is no longer mirrored', async () => {
  const world = await running();
  await world.client.create(ENDPOINTS, endpoints());
  await world.client.create(SERVICES, service());
  await untilSlices(world, 1);
  await world.client.patch(SERVICES, { name: 'db', namespace: 'default' }, { spec: { selector: { app: 'db' } } });
  await untilSlices(world, 0);
});

test.each<[string, Endpoints['metadata']]>([
  ['asks not to be', { labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } }],
  ['is a lock', { annotations: { 'control-plane.alpha.kubernetes.io/leader': '{}' } }],
])('one that %s is not mirrored', async (_, metadata) => {
  const world = await running();
  await world.client.create(ENDPOINTS, endpoints(metadata));
  await world.client.create(SERVICES, service());
  await world.client.create(ENDPOINTS, endpoints({ name: 'other' }));
  await world.client.create(SERVICES, { ...service(), metadata: { name: 'other', namespace: 'default' } });
  const [slice] = await untilSlices(world, 1);
  expect(slice?.metadata?.labels?.['kubernetes.io/service-name']).toBe('other');
});
