import { expect, test } from 'vitest';
import { aPod } from '../pods/fixtures.ts';
import { parseResolvConf, podDns, usesDnsOfMachine } from './pod-dns.ts';

const machine = parseResolvConf(
  '# x\nnameserver 127.0.0.53\nnameserver 192.0.2.53\nsearch a.example b.example\noptions ndots:2 edns0\n',
);

test('a resolver on the machine’s loopback is of no use to a pod', () => {
  expect(machine).toEqual({
    nameservers: ['192.0.2.53'],
    searches: ['a.example', 'b.example'],
    options: ['ndots:2', 'edns0'],
  });
});

test.each([
  ['Default', machine],
  ['ClusterFirst', machine],
  ['None', { nameservers: [], searches: [], options: [] }],
])('%s', (dnsPolicy, expected) => {
  expect(podDns(aPod({ dnsPolicy }), machine)).toEqual(expected);
});

test('dnsConfig adds to them, and its options win', () => {
  const dnsConfig = { nameservers: ['1.1.1.1'], searches: ['c.example'], options: [{ name: 'ndots', value: '5' }] };
  expect(podDns(aPod({ dnsPolicy: 'Default', dnsConfig }), machine)).toEqual({
    nameservers: ['192.0.2.53', '1.1.1.1'],
    searches: ['a.example', 'b.example', 'c.example'],
    options: ['edns0', 'ndots:5'],
  });
});

const cluster = { server: '10.96.0.10', domain: 'cluster.local' };
const ofCluster = {
  nameservers: ['10.96.0.10'],
  searches: ['default.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'a.example', 'b.example'],
  options: ['ndots:5'],
};

test.each([
  ['ClusterFirst', false, ofCluster],
  ['ClusterFirst', true, machine],
  ['ClusterFirstWithHostNet', true, ofCluster],
  ['Default', false, machine],
])('%s where the cluster has DNS, hostNetwork %s', (dnsPolicy, hostNetwork, expected) => {
  expect(podDns(aPod({ dnsPolicy, hostNetwork }), machine, cluster)).toEqual(expected);
});

test.each([
  ['ClusterFirst', true],
  ['Default', true],
  ['ClusterFirstWithHostNet', false],
  ['None', false],
])('a pod in the machine’s network with %s has the machine’s own file: %s', (dnsPolicy, expected) => {
  expect(usesDnsOfMachine(aPod({ dnsPolicy, hostNetwork: true }))).toBe(expected);
  expect(usesDnsOfMachine(aPod({ dnsPolicy }))).toBe(false);
});
