import { describe, expect, test } from 'vitest';
import type { Node } from '../../../shared/api/kinds.ts';
import { concernsUs } from '../network-monitor.ts';
import { peersOf, type Peer } from './peers.ts';
import { planOverlay, podMtu, vxlanMac } from './plan.ts';
import { isNeighbour, localAddresses, underlayOf } from './underlay.ts';

const node = (name: string, podCIDR: string, address: string, created = '2026-01-01T00:00:00Z'): Node => ({
  metadata: { name, creationTimestamp: created },
  spec: { podCIDR },
  status: {
    addresses: [
      { type: 'Hostname', address: name },
      { type: 'InternalIP', address },
    ],
  },
});
const ADDRESSES = [
  { device: 'eth0', address: '192.0.2.10', prefix: 24, mtu: 1500 },
  { device: 'eth1', address: '198.51.100.1', prefix: 32, mtu: 9000 },
];
const UNDERLAY = ADDRESSES[0]!;
const near: Peer = { name: 'b', podCidr: '10.244.1.0/24', address: '192.0.2.11' };
const far: Peer = { name: 'c', podCidr: '10.244.2.0/24', address: '203.0.113.9' };

describe('peers', () => {
  test('are the other real machines that have a range and an address', () => {
    const nodes = [
      node('c', '10.244.10.0/24', '192.0.2.3'),
      node('self', '10.244.0.0/24', '192.0.2.1'),
      node('b', '10.244.9.0/24', '192.0.2.2'),
      node('simulated', '100.64.0.0/24', '100.64.0.1'),
      node('six', '10.244.3.0/24', '2001:db8::1'),
      { metadata: { name: 'new' }, spec: {}, status: {} },
    ];
    expect(peersOf(nodes, 'self', '10.244.0.0/16').map(({ name }) => name)).toEqual(['b', 'c']);
  });

  test('of two with one range the older is meant', () => {
    const nodes = [
      node('young', '10.244.1.0/24', '192.0.2.2', '2026-02-01T00:00:00Z'),
      node('old', '10.244.1.0/24', '192.0.2.3', '2026-01-01T00:00:00Z'),
    ];
    expect(peersOf(nodes, 'self', '10.244.0.0/16')).toEqual([
      { name: 'old', podCidr: '10.244.1.0/24', address: '192.0.2.3' },
    ]);
  });
});

describe('the machine’s addresses', () => {
  const json = JSON.stringify([
    { ifname: 'lo', mtu: 65536, addr_info: [{ local: '127.0.0.1', prefixlen: 8, scope: 'host' }] },
    { ifname: 'eth0', mtu: 1500, addr_info: [{ local: '192.0.2.10', prefixlen: 24, scope: 'global' }] },
    { ifname: 'docker0', mtu: 1500, addr_info: [{ local: '172.17.0.1', prefixlen: 16, scope: 'global' }] },
    { ifname: 'wh-vxlan', mtu: 1450, addr_info: [{ local: '10.244.0.0', prefixlen: 32, scope: 'global' }] },
  ]);
  test('are those towards other machines', () => {
    expect(localAddresses(json)).toEqual([UNDERLAY]);
  });
  test('the one asked for counts if the machine has it', () => {
    expect(underlayOf(ADDRESSES, '198.51.100.1')?.device).toBe('eth1');
    expect(underlayOf(ADDRESSES, '203.0.113.1')?.device).toBe('eth0');
    expect(underlayOf([], '203.0.113.1')).toBeUndefined();
  });
  test('a neighbour shares a network, not merely an address', () => {
    expect(isNeighbour(ADDRESSES, '192.0.2.99')).toBe(true);
    expect(isNeighbour(ADDRESSES, '198.51.100.1')).toBe(false);
  });
});

describe('the plan', () => {
  const input = { podCidr: '10.244.0.0/24', underlay: UNDERLAY, addresses: ADDRESSES, peers: [near, far] };

  test('vxlan reaches everyone through the tunnel', () => {
    const plan = planOverlay({ ...input, backend: 'vxlan' });
    expect(plan.vxlan).toEqual({
      local: '192.0.2.10',
      device: 'eth0',
      mac: '0e:77:0a:f4:00:00',
      inner: '10.244.0.0',
      mtu: 1450,
      neighbours: [
        { inner: '10.244.1.0', mac: '0e:77:0a:f4:01:00', address: '192.0.2.11' },
        { inner: '10.244.2.0', mac: '0e:77:0a:f4:02:00', address: '203.0.113.9' },
      ],
    });
    expect(plan.routes).toEqual([
      { podCidr: '10.244.1.0/24', device: 'wh-vxlan', via: '10.244.1.0' },
      { podCidr: '10.244.2.0/24', device: 'wh-vxlan', via: '10.244.2.0' },
    ]);
  });

  test('host-gw goes straight to neighbours, and tells pods how little the tunnel to the others takes', () => {
    const plan = planOverlay({ ...input, backend: 'host-gw' });
    expect(plan.routes).toEqual([
      { podCidr: '10.244.1.0/24', via: '192.0.2.11' },
      { podCidr: '10.244.2.0/24', device: 'wh-vxlan', via: '10.244.2.0', mtu: 1450 },
    ]);
    expect(plan.vxlan?.neighbours.map(({ address }) => address)).toEqual(['203.0.113.9']);
    expect(planOverlay({ ...input, backend: 'host-gw', peers: [near] }).vxlan).toBeUndefined();
  });

  test('wireguard leaves out who has not said its key', () => {
    const plan = planOverlay({ ...input, backend: 'wireguard', peers: [{ ...near, wireguardKey: 'k' }, far] });
    expect(plan.wireguard).toMatchObject({ inner: '10.244.0.0', mtu: 1420, peers: [{ name: 'b' }] });
    expect(plan.routes).toEqual([{ podCidr: '10.244.1.0/24', device: 'wh-wg' }]);
    expect(plan.unreachable).toEqual([{ name: 'c', reason: 'it has not said its WireGuard key yet' }]);
  });

  test('packets fit', () => {
    expect([podMtu('vxlan', 1500), podMtu('wireguard', 1500), podMtu('host-gw', 9000)]).toEqual([1450, 1420, 9000]);
    expect(vxlanMac('10.244.17.0/24')).toBe('0e:77:0a:f4:11:00');
  });
});

test.each([
  ['7: wh-vxlan: <BROADCAST,MULTICAST> mtu 1450 state DOWN', true],
  ['Deleted 10.244.1.0/24 via 10.244.1.0 dev wh-vxlan proto 87 onlink', true],
  ['Deleted 2: eth0    inet 192.0.2.10/24 scope global eth0', true],
  ['12: vh0123456789ab: <BROADCAST,MULTICAST,UP> mtu 1450', false],
  ['Deleted 172.17.0.0/16 dev docker0 proto kernel scope link', false],
])('a change is ours to mend: %s', (line, expected) => {
  expect(concernsUs(line)).toBe(expected);
});
