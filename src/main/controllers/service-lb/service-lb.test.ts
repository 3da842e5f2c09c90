import { describe, expect, test } from 'vitest';
import { NODES, SERVICES, type EndpointSlice, type Node, type Service } from '../../../shared/api/kinds.ts';
import { aNode } from '../testing/builders.ts';
import { aService } from '../testing/service-builders.ts';
import { World } from '../testing/world.ts';
import { planBalance } from './plan.ts';
import { serviceLbController } from './service-lb-controller.ts';

const node = (name: string, address: string, more: Partial<Node> & { ready?: 'True' | 'False' } = {}): Node => {
  const made = aNode(name, more.ready ?? 'True', more);
  return { ...made, status: { ...made.status, addresses: [{ type: 'InternalIP', address }] } };
};
const balanced = (spec: Service['spec'] = {}, metadata: Service['metadata'] = {}): Service =>
  aService({ type: 'LoadBalancer', ...spec }, metadata);
const plan = (service: Service, nodes: Node[], more: { others?: Service[]; slices?: EndpointSlice[] } = {}) =>
  planBalance({ service, others: [service], slices: [], reservedPorts: new Set([22]), ...more, nodes });

describe('a LoadBalancer', () => {
  test('has the addresses of all machines that are ready and may be used', () => {
    const nodes = [
      node('b', '192.0.2.2'),
      node('a', '192.0.2.1'),
      node('c', '192.0.2.3', { ready: 'False' }),
      node('d', '192.0.2.4', {
        metadata: { name: 'd', labels: { 'node.kubernetes.io/exclude-from-external-load-balancers': '' } },
      }),
      node('e', '192.0.2.5', { metadata: { name: 'e', labels: { 'wheelhouse.dev/simulated': 'true' } } }),
    ];
    expect(plan(balanced(), nodes)).toEqual({ ips: ['192.0.2.1', '192.0.2.2'] });
  });

  test('with externalTrafficPolicy Local has those with endpoints', () => {
    const slices = [
      {
        addressType: 'IPv4',
        endpoints: [
          { addresses: ['1.1.1.1'], nodeName: 'b' },
          { addresses: ['1.1.1.2'], nodeName: 'a', conditions: { ready: false } },
        ],
      },
    ];
    const service = balanced({ externalTrafficPolicy: 'Local' });
    expect(plan(service, [node('a', '192.0.2.1'), node('b', '192.0.2.2')], { slices }).ips).toEqual(['192.0.2.2']);
  });

  test('never takes SSH from the machines', () => {
    const ssh = balanced({ ports: [{ port: 22, protocol: 'TCP' }] });
    expect(plan(ssh, [node('a', '192.0.2.1')])).toMatchObject({ ips: [], refused: { reason: 'PortReserved' } });
  });

  test('of two that want one port the older has it', () => {
    const old = balanced({}, { name: 'old', creationTimestamp: '2025-01-01T00:00:00Z' });
    const young = balanced();
    const others = [old, young];
    expect(plan(old, [node('a', '192.0.2.1')], { others }).ips).toHaveLength(1);
    expect(plan(young, [node('a', '192.0.2.1')], { others })).toEqual({
      ips: [],
      refused: { reason: 'PortConflict', message: 'Service default/old already has one of its ports on the machines' },
    });
  });
});

describe('the controller', () => {
  const ingress = async (world: World, name = 'web'): Promise<string> => {
    const service = await world.client.get(SERVICES, name, 'default');
    return (service.status?.loadBalancer?.ingress ?? []).map(({ ip, ipMode }) => `${ip ?? ''} ${ipMode ?? ''}`).join();
  };
  const until = (world: World, expected: string, name?: string) =>
    world.until(
      `ingress ${expected}`,
      () => ingress(world, name),
      (seen) => seen === expected,
    );

  test('follows machines and the Service, and takes the addresses back', async () => {
    const world = new World();
    await world.client.create(NODES, node('a', '192.0.2.1'));
    await world.client.create(SERVICES, balanced());
    await world.run(serviceLbController);
    await until(world, '192.0.2.1 VIP');
    await world.client.create(NODES, node('b', '192.0.2.2'));
    await until(world, '192.0.2.1 VIP,192.0.2.2 VIP');
    await world.client.patch(SERVICES, { name: 'web', namespace: 'default' }, { spec: { type: 'ClusterIP' } });
    await until(world, '');
  });

  test('a port that is given up goes to the one that waits for it, which was told why', async () => {
    const world = new World();
    await world.client.create(NODES, node('a', '192.0.2.1'));
    await world.client.create(SERVICES, balanced({}, { name: 'old', creationTimestamp: '2025-01-01T00:00:00Z' }));
    await world.run(serviceLbController);
    await until(world, '192.0.2.1 VIP', 'old');
    await world.client.create(SERVICES, balanced());
    await world.until(
      'an event',
      () => world.events(),
      (events) => events.some((event) => event.startsWith('PortConflict')),
    );
    expect(await ingress(world)).toBe('');
    await world.client.delete(SERVICES, { name: 'old', namespace: 'default' });
    await until(world, '192.0.2.1 VIP');
  });

  test('another class of load balancer is another’s to do', async () => {
    const world = new World();
    await world.client.create(NODES, node('a', '192.0.2.1'));
    await world.client.create(SERVICES, balanced({ loadBalancerClass: 'example.org/lb' }, { name: 'other' }));
    await world.client.create(SERVICES, balanced());
    await world.run(serviceLbController);
    await until(world, '192.0.2.1 VIP');
    expect(await ingress(world, 'other')).toBe('');
  });
});
