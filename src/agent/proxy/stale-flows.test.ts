import { expect, test } from 'vitest';
import type { UdpFrontend } from './service-rules.ts';
import { frontendsChanged, parseFlows, staleFlows } from './stale-flows.ts';

const LISTING = `udp      17 27 src=10.244.1.2 dst=10.96.0.10 sport=41234 dport=53 src=10.244.1.5 dst=10.244.1.2 sport=53 dport=41234 mark=0 use=1
udp      17 5 src=10.244.1.3 dst=10.96.0.10 sport=4 dport=53 [UNREPLIED] src=10.96.0.10 dst=10.244.1.3 sport=53 dport=4 use=1
udp      17 5 src=192.0.2.9 dst=192.0.2.1 sport=4 dport=30053 src=10.244.1.6 dst=10.244.1.1 sport=53 dport=4 use=1
udp      17 9 src=10.244.1.2 dst=8.8.8.8 sport=1 dport=53 src=8.8.8.8 dst=192.0.2.1 sport=53 dport=1 use=1
`;
const flows = parseFlows(LISTING);
const frontends = (...list: UdpFrontend[]): Map<string, UdpFrontend> =>
  new Map(list.map((frontend) => [`${frontend.ip}:${String(frontend.port)}`, frontend]));
const dns = (...backends: string[]): UdpFrontend => ({ ip: '10.96.0.10', port: 53, backends });
const nodePort = (...backends: string[]): UdpFrontend => ({ ip: '', port: 30053, backends });
const ended = (before: Map<string, UdpFrontend>, now: Map<string, UdpFrontend>): string[] =>
  staleFlows(flows, before, now).map((args) => args.join(' '));

test('a flow is known by whom the client meant and who answers', () => {
  expect(flows[0]).toEqual({ destination: '10.96.0.10', port: 53, answeredBy: '10.244.1.5' });
  expect(flows).toHaveLength(4);
});

test('flows to endpoints that are there stay, and so do others’ flows', () => {
  expect(ended(new Map(), frontends(dns('10.244.1.5', '10.96.0.10'), nodePort('10.244.1.6')))).toEqual([]);
});

test('flows to endpoints that are gone end, those too that began before there were any', () => {
  expect(ended(new Map(), frontends(dns('10.244.1.9'), nodePort('10.244.1.9')))).toEqual([
    '-D -p udp --orig-dst 10.96.0.10 --orig-port-dst 53 --reply-src 10.244.1.5',
    '-D -p udp --orig-dst 10.96.0.10 --orig-port-dst 53 --reply-src 10.96.0.10',
    '-D -p udp --orig-dst 192.0.2.1 --orig-port-dst 30053 --reply-src 10.244.1.6',
  ]);
});

test('flows of a Service that is gone end', () => {
  expect(ended(frontends(dns('10.244.1.5')), new Map())).toHaveLength(2);
});

test('flows are only looked at when a frontend has changed', () => {
  expect(frontendsChanged(frontends(dns('1')), frontends(dns('1')))).toBe(false);
  expect(frontendsChanged(frontends(dns('1')), frontends(dns('2')))).toBe(true);
  expect(frontendsChanged(frontends(dns('1')), frontends(nodePort('1')))).toBe(true);
  expect(frontendsChanged(frontends(dns('1')), new Map())).toBe(true);
});
