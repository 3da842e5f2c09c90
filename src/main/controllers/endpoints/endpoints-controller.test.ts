import { describe, expect, test } from 'vitest';
import { ENDPOINTS, PODS, SERVICES, type Endpoints } from '../../../shared/api/kinds.ts';
import { aBackend, aService } from '../testing/service-builders.ts';
import { World } from '../testing/world.ts';
import { endpointsController } from './endpoints-controller.ts';
import { MOST_ADDRESSES, subsetsOf, truncated } from './subsets.ts';

const ips = (list: { ip: string }[] | undefined): string[] => (list ?? []).map(({ ip }) => ip);
const show = (subsets: NonNullable<Endpoints['subsets']>) =>
  subsets.map(({ addresses, notReadyAddresses, ports }) => ({
    ready: ips(addresses),
    not: ips(notReadyAddresses),
    ports: (ports ?? []).map(({ name, port }) => `${name ?? ''}:${String(port)}`),
  }));

describe('the subsets of a Service', () => {
  test('put together pods with the same ports; those not ready apart, those on their way out not at all', () => {
    const pods = [
      aBackend({ ip: '10.0.0.2' }),
      aBackend({ ip: '10.0.0.1' }),
      aBackend({ ip: '10.0.0.3', ready: false }),
      aBackend({ ip: '10.0.0.4', deleted: true }),
      aBackend({ ip: '10.0.0.5', port: 9090 }),
    ];
    expect(show(subsetsOf(aService(), pods))).toEqual([
      { ready: ['10.0.0.1', '10.0.0.2'], not: ['10.0.0.3'], ports: ['http:8080'] },
      { ready: ['10.0.0.5'], not: [], ports: ['http:9090'] },
    ]);
    const published = subsetsOf(aService({ publishNotReadyAddresses: true }), pods.slice(2, 4));
    expect(show(published)[0]?.ready).toEqual(['10.0.0.3', '10.0.0.4']);
  });

  test('a headless Service may have no ports', () => {
    const { ports: _, ...spec } = aService({ clusterIP: 'None' }).spec ?? {};
    expect(show(subsetsOf({ ...aService(), spec }, [aBackend({ ip: '10.0.0.1' })]))).toEqual([
      { ready: ['10.0.0.1'], not: [], ports: [] },
    ]);
  });

  test('more than an object holds are cut, ready ones last', () => {
    const address = (index: number) => ({ ip: `10.0.${String(index >> 8)}.${String(index & 255)}` });
    const many = (count: number) => Array.from({ length: count }, (_, index) => address(index));
    expect(truncated([{ addresses: many(MOST_ADDRESSES) }])).toBeUndefined();
    const [first, second] = truncated([{ notReadyAddresses: many(600) }, { addresses: many(700) }]) ?? [];
    expect([first?.notReadyAddresses?.length, second?.addresses?.length]).toEqual([300, 700]);
  });
});

test('Endpoints follow their Service and its pods, and go with it', async () => {
  const world = new World();
  await world.run(endpointsController);
  const found = (good: (list: Endpoints[]) => boolean) => world.until('endpoints', () => world.list(ENDPOINTS), good);
  await world.client.create(SERVICES, aService({ clusterIP: 'None' }, { labels: { team: 'x' } }));
  const [made] = await found(({ length }) => length === 1);
  expect(made?.metadata?.labels).toEqual({
    team: 'x',
    'service.kubernetes.io/headless': '',
    'endpoints.kubernetes.io/managed-by': 'endpoint-controller',
  });
  await world.client.create(PODS, aBackend({ ip: '10.0.0.1' }));
  await found(([only]) => ips(only?.subsets?.[0]?.addresses).join() === '10.0.0.1');
  await world.client.delete(SERVICES, { name: 'web', namespace: 'default' });
  await found(({ length }) => length === 0);
});

test('Endpoints that others keep are left alone', async () => {
  const world = new World();
  const leader = { 'control-plane.alpha.kubernetes.io/leader': '{}' };
  await world.client.create(ENDPOINTS, { metadata: { name: 'lock', namespace: 'default', annotations: leader } });
  await world.client.create(ENDPOINTS, { metadata: { name: 'manual', namespace: 'default' }, subsets: [] });
  await world.client.create(SERVICES, { ...aService({}, { name: 'manual' }), spec: { ports: [{ port: 80 }] } });
  await world.client.create(ENDPOINTS, { metadata: { name: 'orphan', namespace: 'default' } });
  await world.run(endpointsController);
  const left = await world.until(
    'the orphan gone',
    () => world.list(ENDPOINTS),
    ({ length }) => length === 2,
  );
  expect(left.map(({ metadata }) => metadata?.name)).toEqual(['lock', 'manual']);
});
