import { describe, expect, test } from 'vitest';
import {
  ENDPOINT_SLICES,
  NODES,
  PODS,
  SERVICES,
  type EndpointSlice,
  type Node,
  type Pod,
} from '../../../shared/api/kinds.ts';
import { nameOf } from '../../../shared/api/meta.ts';
import { aNode } from '../testing/builders.ts';
import { aBackend, aService } from '../testing/service-builders.ts';
import { World } from '../testing/world.ts';
import { desiredEndpoints } from './desired-endpoints.ts';
import { endpointSliceController } from './endpoint-slice-controller.ts';

const zoned = aNode('a', 'True', { metadata: { name: 'a', labels: { 'topology.kubernetes.io/zone': 'z1' } } });
const nodeOf = (name: string): Node | undefined => (name === 'a' ? zoned : undefined);
const desired = (service = aService(), ...pods: Pod[]) => desiredEndpoints(service, pods, nodeOf);
const states = (service = aService(), ...pods: Pod[]) =>
  desired(service, ...pods).flatMap(({ endpoints }) => endpoints.map(({ conditions }) => conditions));

describe('the endpoints of a Service', () => {
  test('say where they are and what they stand for', () => {
    const pod = aBackend({ ip: '10.244.1.2', hostname: 'db-0', subdomain: 'web' });
    expect(desired(aService(), pod)).toEqual([
      {
        ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
        endpoints: [
          {
            addresses: ['10.244.1.2'],
            conditions: { ready: true, serving: true, terminating: false },
            hostname: 'db-0',
            nodeName: 'a',
            zone: 'z1',
            targetRef: { kind: 'Pod', namespace: 'default', name: 'pod-10-244-1-2', uid: 'uid-pod-10-244-1-2' },
          },
        ],
      },
    ]);
  });

  test.each([
    ['ready', {}, {}, { ready: true, serving: true, terminating: false }],
    ['not ready', { ready: false }, {}, { ready: false, serving: false, terminating: false }],
    ['on its way out', { deleted: true }, {}, { ready: false, serving: true, terminating: true }],
    [
      'not ready but published',
      { ready: false },
      { publishNotReadyAddresses: true },
      { ready: true, serving: false, terminating: false },
    ],
  ])('%s', (_, shape, spec, expected) => {
    expect(states(aService(spec), aBackend({ ip: '1.1.1.1', ...shape }))).toEqual([expected]);
  });

  test.each([
    ['has ended', { phase: 'Succeeded' }],
    ['has no address', { ip: '' }],
    ['is on a node that is not there', { node: 'gone' }],
  ])('a pod that %s is none', (_, shape) => {
    expect(desired(aService(), aBackend({ ip: '1.1.1.1', ...shape }))).toEqual([]);
  });

  test('named ports may be other numbers in other pods', () => {
    const groups = desired(aService(), aBackend({ ip: '1.1.1.1' }), aBackend({ ip: '1.1.1.2', port: 9090 }));
    expect(groups.map(({ ports }) => ports[0]?.port)).toEqual([8080, 9090]);
  });

  test.each([
    ['PreferClose', { forZones: [{ name: 'z1' }] }],
    ['PreferSameNode', { forZones: [{ name: 'z1' }], forNodes: [{ name: 'a' }] }],
    [undefined, undefined],
  ])('trafficDistribution %s', (trafficDistribution, hints) => {
    const service = aService(trafficDistribution ? { trafficDistribution } : {});
    expect(desired(service, aBackend({ ip: '1.1.1.1' }))[0]?.endpoints[0]?.hints).toEqual(hints);
  });
});

async function running(): Promise<World> {
  const world = new World();
  await world.client.create(NODES, aNode('a'));
  await world.run(endpointSliceController);
  return world;
}
const addresses = (slices: EndpointSlice[]): string[] =>
  slices.flatMap(({ endpoints = [] }) => endpoints.flatMap((each) => each.addresses)).sort();
const untilAddresses = (world: World, ...expected: string[]) =>
  world.until(
    'its slices',
    () => world.list(ENDPOINT_SLICES),
    (slices) => addresses(slices).join() === expected.join(),
  );

describe('the controller', () => {
  test('keeps slices with labels, owner and cause; they follow pods as they come, change and go', async () => {
    const world = await running();
    await world.client.create(SERVICES, aService({ clusterIP: 'None' }, { labels: { team: 'x' }, uid: 'svc-uid' }));
    const [empty] = await world.until(
      'a slice',
      () => world.list(ENDPOINT_SLICES),
      ({ length }) => length === 1,
    );
    expect(empty?.metadata).toMatchObject({
      generateName: 'web-',
      labels: {
        team: 'x',
        'kubernetes.io/service-name': 'web',
        'service.kubernetes.io/headless': '',
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
      },
      ownerReferences: [{ kind: 'Service', name: 'web', controller: true }],
      annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': expect.any(String) as string },
    });
    await world.client.create(PODS, aBackend({ ip: '10.244.1.2' }));
    await world.client.create(PODS, aBackend({ ip: '10.244.1.3' }));
    await untilAddresses(world, '10.244.1.2', '10.244.1.3');
    await world.client.patch(
      PODS,
      { name: 'pod-10-244-1-2', namespace: 'default' },
      { metadata: { labels: { app: 'other' } } },
    );
    await untilAddresses(world, '10.244.1.3');
    await world.client.delete(PODS, { name: 'pod-10-244-1-3', namespace: 'default' }, { gracePeriodSeconds: 0 });
    await untilAddresses(world);
  });

  test('a slice somebody deletes comes back', async () => {
    const world = await running();
    await world.client.create(SERVICES, aService());
    await world.client.create(PODS, aBackend({ ip: '10.244.1.2' }));
    const [first] = await untilAddresses(world, '10.244.1.2');
    await world.client.delete(ENDPOINT_SLICES, { name: nameOf(first!), namespace: 'default' });
    const [again] = await untilAddresses(world, '10.244.1.2');
    expect(again?.metadata?.uid).not.toBe(first?.metadata?.uid);
  });

  test('250 pods are three slices of at most 100, however many changes it takes', async () => {
    const world = await running();
    await world.client.create(SERVICES, aService());
    for (let index = 0; index < 250; index += 1)
      await world.client.create(PODS, aBackend({ ip: `10.244.${String(index % 5)}.${String(index)}` }));
    const slices = await world.until(
      '250 endpoints',
      () => world.list(ENDPOINT_SLICES),
      (found) => addresses(found).length === 250,
    );
    expect(slices.map(({ endpoints = [] }) => endpoints.length).sort()).toEqual([100, 100, 50].sort());
  });

  test('Services without a selector are left alone', async () => {
    const world = await running();
    await world.client.create(SERVICES, { ...aService(), spec: { ports: [{ port: 80 }] } });
    await world.client.create(SERVICES, aService({}, { name: 'other' }));
    const slices = await world.until(
      'one slice',
      () => world.list(ENDPOINT_SLICES),
      ({ length }) => length > 0,
    );
    expect(slices.map(({ metadata }) => metadata?.labels?.['kubernetes.io/service-name'])).toEqual(['other']);
  });
});
