import { describe, expect, test } from 'vitest';
import type { EndpointSlice, Service } from '../../shared/api/kinds.ts';
import { aService, anEndpoint, aSlice, NODE } from './fixtures.ts';
import { render, Renderer, type ProxyNode, type RuleSet } from './render.ts';

/** The rules as text, kube-proxy style: elements, then chains; without what is empty. */
function golden({ elements, chains, affinity }: RuleSet): string {
  const lines = Object.entries(elements).flatMap(([name, map]) =>
    [...map].map(([key, value]) => `${name}: ${key}${value && ` : ${value}`}`),
  );
  for (const name of affinity) lines.push(`set ${name}`);
  for (const [name, rules] of chains) lines.push(`chain ${name}`, ...rules.map((rule) => `  ${rule}`));
  return lines.join('\n');
}
const rules = (service: Service, slices: EndpointSlice[], node: ProxyNode = NODE): string =>
  golden(render([service], () => slices, node));
const here = anEndpoint('10.244.1.7');
const there = anEndpoint('10.244.2.9', 'b');

describe('a ClusterIP Service', () => {
  test('sends to its endpoints, each as likely as the others', () => {
    expect(rules(aService(), [aSlice([there, here])])).toMatchInlineSnapshot(`
      "service-ips: 10.96.0.80 . tcp . 80 : goto service-95253A1D-default/web/tcp/http
      cluster-ips: 10.96.0.80
      hairpin-connections: 10.244.1.7 . 10.244.1.7
      chain service-95253A1D-default/web/tcp/http
        iifname != "vh*" jump mark-for-masquerade
        numgen random mod 2 0 meta l4proto tcp dnat ip to 10.244.1.7:8080
        meta l4proto tcp dnat ip to 10.244.2.9:8080"
    `);
  });

  test('without endpoints refuses', () => {
    expect(rules(aService(), [])).toMatchInlineSnapshot(`
      "no-endpoint-services: 10.96.0.80 . tcp . 80 : goto reject-chain
      cluster-ips: 10.96.0.80"
    `);
  });

  test('with many endpoints has one rule', () => {
    const many = Array.from({ length: 9 }, (_, index) => anEndpoint(`10.244.2.${String(index + 1)}`, 'b'));
    expect(rules(aService(), [aSlice(many)])).toMatchInlineSnapshot(`
      "service-ips: 10.96.0.80 . tcp . 80 : goto service-95253A1D-default/web/tcp/http
      cluster-ips: 10.96.0.80
      chain service-95253A1D-default/web/tcp/http
        iifname != "vh*" jump mark-for-masquerade
        meta l4proto tcp dnat ip to numgen random mod 9 map { 0 : 10.244.2.1 . 8080, 1 : 10.244.2.2 . 8080, 2 : 10.244.2.3 . 8080, 3 : 10.244.2.4 . 8080, 4 : 10.244.2.5 . 8080, 5 : 10.244.2.6 . 8080, 6 : 10.244.2.7 . 8080, 7 : 10.244.2.8 . 8080, 8 : 10.244.2.9 . 8080 }"
    `);
  });

  test('with session affinity remembers who came', () => {
    const service = aService({
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 10 } },
    });
    expect(rules(service, [aSlice([here, there])])).toMatchInlineSnapshot(`
      "service-ips: 10.96.0.80 . tcp . 80 : goto service-95253A1D-default/web/tcp/http
      cluster-ips: 10.96.0.80
      hairpin-connections: 10.244.1.7 . 10.244.1.7
      set affinity-95253A1D-default/web/tcp/http__10.244.1.7/8080
      set affinity-95253A1D-default/web/tcp/http__10.244.2.9/8080
      chain endpoint-95253A1D-default/web/tcp/http__10.244.1.7/8080
        update @affinity-95253A1D-default/web/tcp/http__10.244.1.7/8080 { ip saddr timeout 10s }
        meta l4proto tcp dnat ip to 10.244.1.7:8080
      chain endpoint-95253A1D-default/web/tcp/http__10.244.2.9/8080
        update @affinity-95253A1D-default/web/tcp/http__10.244.2.9/8080 { ip saddr timeout 10s }
        meta l4proto tcp dnat ip to 10.244.2.9:8080
      chain service-95253A1D-default/web/tcp/http
        iifname != "vh*" jump mark-for-masquerade
        ip saddr @affinity-95253A1D-default/web/tcp/http__10.244.1.7/8080 goto endpoint-95253A1D-default/web/tcp/http__10.244.1.7/8080
        ip saddr @affinity-95253A1D-default/web/tcp/http__10.244.2.9/8080 goto endpoint-95253A1D-default/web/tcp/http__10.244.2.9/8080
        numgen random mod 2 0 goto endpoint-95253A1D-default/web/tcp/http__10.244.1.7/8080
        goto endpoint-95253A1D-default/web/tcp/http__10.244.2.9/8080"
    `);
  });

  test('with internalTrafficPolicy Local stays here, and drops where there is nothing', () => {
    const service = aService({ internalTrafficPolicy: 'Local' });
    expect(rules(service, [aSlice([here, there])])).toMatchInlineSnapshot(`
      "service-ips: 10.96.0.80 . tcp . 80 : goto local-95253A1D-default/web/tcp/http
      cluster-ips: 10.96.0.80
      hairpin-connections: 10.244.1.7 . 10.244.1.7
      chain service-95253A1D-default/web/tcp/http
        iifname != "vh*" jump mark-for-masquerade
        numgen random mod 2 0 meta l4proto tcp dnat ip to 10.244.1.7:8080
        meta l4proto tcp dnat ip to 10.244.2.9:8080
      chain local-95253A1D-default/web/tcp/http
        meta l4proto tcp dnat ip to 10.244.1.7:8080"
    `);
    expect(rules(service, [aSlice([there])])).toContain('no-endpoint-services: 10.96.0.80 . tcp . 80 : drop');
  });

  test('with UDP, SCTP and TCP ports has each of them', () => {
    const ports = [
      { name: 'a', port: 53, protocol: 'UDP' },
      { name: 'b', port: 53, protocol: 'TCP' },
      { name: 'c', port: 9, protocol: 'SCTP' },
    ];
    const set = render([aService({ ports })], () => [aSlice([here], { ports })], NODE);
    expect([...set.elements['service-ips'].keys()]).toEqual([
      '10.96.0.80 . udp . 53',
      '10.96.0.80 . tcp . 53',
      '10.96.0.80 . sctp . 9',
    ]);
    expect([...set.udp]).toEqual([['10.96.0.80:53', { ip: '10.96.0.80', port: 53, backends: ['10.244.1.7'] }]]);
  });
});

describe('a Service that is reached from outside', () => {
  test('at node ports: masqueraded, to any node', () => {
    const service = aService({
      type: 'NodePort',
      ports: [{ name: 'http', port: 80, protocol: 'TCP', nodePort: 30080 }],
    });
    expect(rules(service, [aSlice([here])])).toMatchInlineSnapshot(`
      "service-ips: 10.96.0.80 . tcp . 80 : goto service-95253A1D-default/web/tcp/http
      service-nodeports: tcp . 30080 : goto external-95253A1D-default/web/tcp/http
      cluster-ips: 10.96.0.80
      hairpin-connections: 10.244.1.7 . 10.244.1.7
      chain service-95253A1D-default/web/tcp/http
        iifname != "vh*" jump mark-for-masquerade
        meta l4proto tcp dnat ip to 10.244.1.7:8080
      chain external-95253A1D-default/web/tcp/http
        jump mark-for-masquerade
        goto service-95253A1D-default/web/tcp/http"
    `);
  });

  test('with externalTrafficPolicy Local: to this node’s endpoints as it is, from here to any', () => {
    const service = aService({
      type: 'LoadBalancer',
      externalTrafficPolicy: 'Local',
      externalIPs: ['192.0.2.1'],
      loadBalancerSourceRanges: ['198.51.100.0/24', ' 203.0.113.0/24'],
      ports: [{ name: 'http', port: 80, protocol: 'TCP', nodePort: 30080 }],
    });
    service.status = { loadBalancer: { ingress: [{ ip: '192.0.2.2' }, { ip: '192.0.2.3', ipMode: 'Proxy' }] } };
    expect(rules(service, [aSlice([here, there])])).toMatchInlineSnapshot(`
      "service-ips: 10.96.0.80 . tcp . 80 : goto service-95253A1D-default/web/tcp/http
      service-ips: 192.0.2.1 . tcp . 80 : goto external-95253A1D-default/web/tcp/http
      service-ips: 192.0.2.2 . tcp . 80 : goto firewall-95253A1D-default/web/tcp/http
      service-nodeports: tcp . 30080 : goto external-95253A1D-default/web/tcp/http
      cluster-ips: 10.96.0.80
      hairpin-connections: 10.244.1.7 . 10.244.1.7
      chain service-95253A1D-default/web/tcp/http
        iifname != "vh*" jump mark-for-masquerade
        numgen random mod 2 0 meta l4proto tcp dnat ip to 10.244.1.7:8080
        meta l4proto tcp dnat ip to 10.244.2.9:8080
      chain local-95253A1D-default/web/tcp/http
        meta l4proto tcp dnat ip to 10.244.1.7:8080
      chain external-95253A1D-default/web/tcp/http
        iifname "vh*" goto service-95253A1D-default/web/tcp/http
        fib saddr type local jump mark-for-masquerade
        fib saddr type local goto service-95253A1D-default/web/tcp/http
        goto local-95253A1D-default/web/tcp/http
      chain firewall-95253A1D-default/web/tcp/http
        ip saddr != { 198.51.100.0/24, 203.0.113.0/24 } drop
        goto external-95253A1D-default/web/tcp/http"
    `);
  });

  test('externalTrafficPolicy Local and nothing here: dropped for all but this node itself', () => {
    const service = aService({
      type: 'NodePort',
      externalTrafficPolicy: 'Local',
      ports: [{ name: 'http', port: 80, protocol: 'TCP', nodePort: 30080 }],
    });
    expect(rules(service, [aSlice([there])])).toContain(`  fib saddr type local goto service-`);
    expect(rules(service, [aSlice([there])])).toMatch(/^ {2}drop$/m);
    expect(rules(service, [])).toContain('no-endpoint-nodeports: tcp . 30080 : goto reject-chain');
  });
});

test.each<[string, Parameters<typeof aService>[0]]>([
  ['headless', { clusterIP: 'None' }],
  ['ExternalName', { type: 'ExternalName', externalName: 'example.org' }],
  ['not allocated yet', { clusterIP: '' }],
  ['IPv6 only', { clusterIP: 'fd00::1' }],
])('a Service that is %s has no rules', (_, spec) => {
  expect(rules(aService(spec), [aSlice([here])])).toBe('');
});

test('another proxy’s Service has no rules', () => {
  const service = aService();
  service.metadata = { ...service.metadata, labels: { 'service.kubernetes.io/service-proxy-name': 'other' } };
  expect(rules(service, [aSlice([here])])).toBe('');
});

const choice = (endpoints: ReturnType<typeof anEndpoint>[], node = NODE): string[] => {
  const set = render([aService()], () => [aSlice(endpoints)], node);
  return [...set.chains.values()].flat().flatMap((rule) => /dnat ip to (\S+):/.exec(rule)?.[1] ?? []);
};
const conditions = (ready: boolean, serving: boolean, terminating: boolean) => ({
  conditions: { ready, serving, terminating },
});

describe('endpoints', () => {
  test('not ready ones are left out, save all are on their way out and some still serve', () => {
    const unready = anEndpoint('10.244.1.1', 'a', conditions(false, false, false));
    const leaving = anEndpoint('10.244.1.2', 'a', conditions(false, true, true));
    const dying = anEndpoint('10.244.1.3', 'a', conditions(false, false, true));
    expect(choice([unready, leaving, dying, here])).toEqual(['10.244.1.7']);
    expect(choice([unready, leaving, dying])).toEqual(['10.244.1.2']);
    expect(choice([unready, dying])).toEqual([]);
  });

  test('absent conditions count as ready', () => {
    expect(choice([{ addresses: ['10.244.1.1'] }])).toEqual(['10.244.1.1']);
  });

  test('one that is in two slices counts once, as the readier one', () => {
    const slices = [aSlice([anEndpoint('10.244.1.7', 'a', conditions(false, false, false))]), aSlice([here])];
    expect(golden(render([aService()], () => slices, NODE))).toBe(rules(aService(), [aSlice([here])]));
  });

  test('hints for this node come before hints for its zone, and count only when all ready endpoints have them', () => {
    const node = { ...NODE, zone: 'z1' };
    const zone = (name: string) => ({ hints: { forZones: [{ name }] } });
    const near = anEndpoint('10.244.2.1', 'b', zone('z1'));
    const far = anEndpoint('10.244.3.1', 'c', zone('z2'));
    expect(choice([near, far], node)).toEqual(['10.244.2.1']);
    expect(choice([near, far], { ...NODE, zone: 'z3' })).toEqual(['10.244.2.1', '10.244.3.1']);
    expect(choice([near, far, there], node)).toHaveLength(3);
    const own = anEndpoint('10.244.1.1', 'a', { hints: { forNodes: [{ name: 'a' }], forZones: [{ name: 'z1' }] } });
    const other = { ...near, hints: { forNodes: [{ name: 'b' }], forZones: [{ name: 'z1' }] } };
    expect(choice([own, other], node)).toEqual(['10.244.1.1']);
  });
});

describe('what the agent answers for itself', () => {
  const nodeLocal = new Map([['default/web/tcp/http', { ip: '10.244.1.1', port: 6443, alsoAtPort: 6443 }]]);

  test('leads to its own listener, which others may not reach', () => {
    expect(rules(aService(), [aSlice([there])], { ...NODE, nodeLocal })).toMatchInlineSnapshot(`
      "service-ips: 10.96.0.80 . tcp . 80 : goto service-95253A1D-default/web/tcp/http
      service-ips: 10.96.0.80 . tcp . 6443 : goto service-95253A1D-default/web/tcp/http
      cluster-ips: 10.96.0.80
      node-local-listeners: 10.244.1.1 . tcp . 6443
      chain service-95253A1D-default/web/tcp/http
        meta l4proto tcp dnat ip to 10.244.1.1:6443"
    `);
  });

  test('but not where the Service has pods of its own', () => {
    const service = aService({ selector: { app: 'dns' } });
    expect(rules(service, [aSlice([there])], { ...NODE, nodeLocal })).toBe(rules(service, [aSlice([there])]));
  });
});

test('of two Services that want one address the first by name has it', () => {
  const one = aService({ externalIPs: ['192.0.2.1'] }, 'a');
  const two = aService({ externalIPs: ['192.0.2.1'], clusterIP: '10.96.0.81' }, 'b');
  const slicesOf = (): EndpointSlice[] => [aSlice([here])];
  const set = render([two, one], slicesOf, NODE);
  expect(set.elements['service-ips'].get('192.0.2.1 . tcp . 80')).toContain('default/a/');
  expect(golden(render([one, two], slicesOf, NODE))).toBe(golden(set));
});

test('only what has changed is rendered again', () => {
  const renderer = new Renderer();
  const slices = [aSlice([here])];
  const [one, two] = [aService({}, 'one'), aService({ clusterIP: '10.96.0.81' }, 'two')];
  const slicesOf = (): EndpointSlice[] => slices;
  const first = renderer.render([one, two], slicesOf, NODE);
  const second = renderer.render([one, aService({ clusterIP: '10.96.0.82' }, 'two')], slicesOf, NODE);
  const kept = [...second.chains].filter(([name, chain]) => first.chains.get(name) === chain).map(([name]) => name);
  expect(kept).toEqual([expect.stringContaining('default/one/')]);
  expect(second.elements['cluster-ips'].has('10.96.0.82')).toBe(true);
});
