import type { Answer } from 'dns-packet';
import { describe, expect, test } from 'vitest';
import type { EndpointSlice, Service } from '../../shared/api/kinds.ts';
import { aService, anEndpoint, aSlice } from '../proxy/fixtures.ts';
import { SERVICE_INDEXERS, SLICE_INDEXERS } from './mirror-view.ts';
import { answerFromZone, startOfAuthority, type ClusterView, type ZoneAnswer } from './zone.ts';

const services: Service[] = [
  aService({
    ports: [
      { name: 'http', port: 80, protocol: 'TCP' },
      { name: 'dns', port: 53, protocol: 'UDP' },
    ],
  }),
  aService({ clusterIP: 'None' }, 'headless'),
  aService({ clusterIP: 'None', ports: [] }, 'portless'),
  aService({ clusterIP: 'None' }, 'empty'),
  aService({ type: 'ExternalName', externalName: 'example.org.', clusterIP: '', clusterIPs: [] }, 'outside'),
];
const slices: EndpointSlice[] = [
  aSlice([anEndpoint('10.244.1.7')]),
  aSlice(
    [
      anEndpoint('10.244.1.8', 'a', { hostname: 'db-0' }),
      anEndpoint('10.244.2.9', 'b'),
      anEndpoint('10.244.2.10', 'b', { conditions: { ready: false } }),
    ],
    {},
    'headless',
  ),
  aSlice([anEndpoint('10.244.1.11')], { ports: [] }, 'portless'),
];
const where = <T>(list: T[], indexer: (object: T) => string[], value: string): T[] =>
  list.filter((object) => indexer(object).includes(value));
const view: ClusterView = {
  service: (namespace, name) =>
    services.find(({ metadata }) => metadata?.namespace === namespace && metadata.name === name),
  slices: (namespace, name) => where(slices, SLICE_INDEXERS.service, `${namespace}/${name}`),
  hasNamespace: (namespace) => where(services, SERVICE_INDEXERS.namespace, namespace).length > 0,
  servicesAt: (ip) => where(services, SERVICE_INDEXERS.ip, ip),
  slicesAt: (ip) => where(slices, SLICE_INDEXERS.ip, ip),
};
const settings = { domain: 'cluster.local', serverIp: '10.96.0.10' };

/** As in a zone file. */
function line(answer: Answer): string {
  const { name, type } = answer;
  const data = 'data' in answer ? answer.data : '';
  const text =
    answer.type === 'SRV'
      ? `${String(answer.data.priority)} ${String(answer.data.weight)} ${String(answer.data.port)} ${answer.data.target}`
      : String(data);
  return `${name} ${'ttl' in answer ? String(answer.ttl) : ''} ${type} ${text}`;
}
function show(answer: ZoneAnswer): string[] {
  if (answer.kind === 'alias') return [line(answer.alias)];
  if (answer.kind !== 'answer') return [answer.kind];
  return [...answer.answers.map(line), ...answer.additionals.map((record) => `+ ${line(record)}`)];
}
const ask = (name: string, type = 'A'): string[] => show(answerFromZone({ name, type }, view, settings));

// The cases of CoreDNS's plugin/kubernetes/handler_test.go.
describe('the zone', () => {
  test.each<[string, string, string[]]>([
    ['web.default.svc.cluster.local', 'A', ['web.default.svc.cluster.local 30 A 10.96.0.80']],
    ['WEB.Default.svc.cluster.LOCAL', 'A', ['WEB.Default.svc.cluster.LOCAL 30 A 10.96.0.80']],
    ['web.default.svc.cluster.local', 'AAAA', ['nodata']],
    ['web.default.svc.cluster.local', 'MX', ['nodata']],
    [
      '_http._tcp.web.default.svc.cluster.local',
      'SRV',
      [
        '_http._tcp.web.default.svc.cluster.local 30 SRV 0 100 80 web.default.svc.cluster.local',
        '+ web.default.svc.cluster.local 30 A 10.96.0.80',
      ],
    ],
    [
      'web.default.svc.cluster.local',
      'SRV',
      [
        'web.default.svc.cluster.local 30 SRV 0 50 80 web.default.svc.cluster.local',
        'web.default.svc.cluster.local 30 SRV 0 50 53 web.default.svc.cluster.local',
        '+ web.default.svc.cluster.local 30 A 10.96.0.80',
      ],
    ],
    ['_http._udp.web.default.svc.cluster.local', 'SRV', ['nxdomain']],
    ['_nope._tcp.web.default.svc.cluster.local', 'SRV', ['nxdomain']],
    ['http.tcp.web.default.svc.cluster.local', 'SRV', ['nxdomain']],
    ['a.b.c.web.default.svc.cluster.local', 'A', ['nxdomain']],
    ['10-244-1-7.web.default.svc.cluster.local', 'A', ['10-244-1-7.web.default.svc.cluster.local 5 A 10.244.1.7']],
    [
      'headless.default.svc.cluster.local',
      'A',
      ['headless.default.svc.cluster.local 5 A 10.244.1.8', 'headless.default.svc.cluster.local 5 A 10.244.2.9'],
    ],
    ['db-0.headless.default.svc.cluster.local', 'A', ['db-0.headless.default.svc.cluster.local 5 A 10.244.1.8']],
    ['db-1.headless.default.svc.cluster.local', 'A', ['nxdomain']],
    ['10-244-2-10.headless.default.svc.cluster.local', 'A', ['nxdomain']],
    [
      '_http._tcp.headless.default.svc.cluster.local',
      'SRV',
      [
        '_http._tcp.headless.default.svc.cluster.local 5 SRV 0 50 8080 db-0.headless.default.svc.cluster.local',
        '_http._tcp.headless.default.svc.cluster.local 5 SRV 0 50 8080 10-244-2-9.headless.default.svc.cluster.local',
        '+ db-0.headless.default.svc.cluster.local 5 A 10.244.1.8',
        '+ 10-244-2-9.headless.default.svc.cluster.local 5 A 10.244.2.9',
      ],
    ],
    ['portless.default.svc.cluster.local', 'A', ['portless.default.svc.cluster.local 5 A 10.244.1.11']],
    ['portless.default.svc.cluster.local', 'SRV', ['nodata']],
    ['empty.default.svc.cluster.local', 'A', ['nodata']],
    ['nosuch.default.svc.cluster.local', 'A', ['nxdomain']],
    ['web.nosuch.svc.cluster.local', 'A', ['nxdomain']],
    ['outside.default.svc.cluster.local', 'A', ['outside.default.svc.cluster.local 30 CNAME example.org']],
    ['x.outside.default.svc.cluster.local', 'A', ['nxdomain']],
    ['10-244-1-7.default.pod.cluster.local', 'A', ['10-244-1-7.default.pod.cluster.local 30 A 10.244.1.7']],
    ['10-244-1-7.default.pod.cluster.local', 'AAAA', ['nodata']],
    ['10-244-1-777.default.pod.cluster.local', 'A', ['nxdomain']],
    ['web.default.pod.cluster.local', 'A', ['nxdomain']],
    ['default.svc.cluster.local', 'A', ['nodata']],
    ['nosuch.svc.cluster.local', 'A', ['nxdomain']],
    ['svc.cluster.local', 'A', ['nodata']],
    ['pod.cluster.local', 'A', ['nodata']],
    ['cluster.local', 'A', ['nodata']],
    ['cluster.local', 'NS', ['cluster.local 30 NS ns.dns.cluster.local', '+ ns.dns.cluster.local 30 A 10.96.0.10']],
    ['ns.dns.cluster.local', 'A', ['ns.dns.cluster.local 30 A 10.96.0.10']],
    ['dns-version.cluster.local', 'TXT', ['dns-version.cluster.local 28800 TXT 1.1.0']],
    ['something.cluster.local', 'A', ['nxdomain']],
    ['notcluster.local', 'A', ['outside']],
    ['example.org', 'A', ['outside']],
    ['web', 'A', ['outside']],
    ['80.0.96.10.in-addr.arpa', 'PTR', ['80.0.96.10.in-addr.arpa 5 PTR web.default.svc.cluster.local']],
    ['8.1.244.10.in-addr.arpa', 'PTR', ['8.1.244.10.in-addr.arpa 5 PTR db-0.headless.default.svc.cluster.local']],
    ['9.2.244.10.in-addr.arpa', 'PTR', ['9.2.244.10.in-addr.arpa 5 PTR 10-244-2-9.headless.default.svc.cluster.local']],
    ['10.2.244.10.in-addr.arpa', 'PTR', ['outside']],
    ['8.8.8.8.in-addr.arpa', 'PTR', ['outside']],
  ])('%s %s', (name, type, expected) => {
    expect(ask(name, type)).toEqual(expected);
  });

  test('denials say for how long: the SOA is CoreDNS’s', () => {
    expect(startOfAuthority(settings, 7)).toMatchObject({
      name: 'cluster.local',
      ttl: 5,
      data: { mname: 'ns.dns.cluster.local', rname: 'hostmaster.cluster.local', serial: 7, minimum: 5 },
    });
  });
});
