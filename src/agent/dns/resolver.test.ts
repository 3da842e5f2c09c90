import { decode, encode, type Answer, type DecodedPacket, type OptAnswer } from 'dns-packet';
import fc from 'fast-check';
import { Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { aService, anEndpoint, aSlice } from '../proxy/fixtures.ts';
import { dnsMetrics } from './dns-metrics.ts';
import type { Forwarded } from './forwarder.ts';
import { parseQuery, type Query } from './message.ts';
import { Resolver } from './resolver.ts';
import type { ClusterView } from './zone.ts';

const names: Record<string, ReturnType<typeof aService>> = {
  web: aService(),
  big: aService({ clusterIP: 'None' }, 'big'),
  out: aService({ type: 'ExternalName', externalName: 'example.org' }, 'out'),
  inside: aService({ type: 'ExternalName', externalName: 'web.default.svc.cluster.local' }, 'inside'),
  loop: aService({ type: 'ExternalName', externalName: 'loop.default.svc.cluster.local' }, 'loop'),
};
const many = Array.from({ length: 200 }, (_, index) => anEndpoint(`10.244.1.${String(index + 2)}`));
const view: ClusterView = {
  service: (_, name) => names[name],
  slices: (_, name) => (name === 'big' ? [aSlice(many, {}, 'big')] : []),
  hasNamespace: (namespace) => namespace === 'default',
  servicesAt: () => [],
  slicesAt: () => [],
};
const registry = new Registry();
const metrics = dnsMetrics(registry);

interface Setting {
  known?: boolean;
  forward?: (query: Query) => Forwarded;
}
function resolver({ known = true, forward = () => ({ kind: 'failed', why: 'no network' }) }: Setting = {}): Resolver {
  const settings = { domain: 'cluster.local', serverIp: '10.96.0.10' };
  return new Resolver({
    view: () => (known ? { view, settings } : undefined),
    forwarder: { forward: (query) => Promise.resolve(forward(query)) },
    domain: settings.domain,
    metrics,
    random: () => 0.5,
    serial: () => 7,
  });
}

const opt = (udpPayloadSize: number): OptAnswer => ({
  type: 'OPT',
  name: '.',
  udpPayloadSize,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
});
const question = (name: string, type = 'A', edns?: number): Buffer =>
  encode({
    id: 42,
    type: 'query',
    flags: 0x100,
    questions: [{ name, type: type as 'A' }],
    additionals: edns === undefined ? [] : [opt(edns)],
  });

interface Shown {
  bytes: Buffer;
  packet: DecodedPacket & { rcode?: string };
}
async function ask(asked: Buffer, transport: 'udp' | 'tcp' = 'udp', setting: Setting = {}): Promise<Shown> {
  const bytes = await resolver(setting).resolve(asked, transport);
  if (!bytes) throw new Error('no answer');
  return { bytes, packet: decode(bytes) };
}
const dataOf = (answers: Answer[] | undefined): unknown[] =>
  (answers ?? []).map((answer) => ('data' in answer ? answer.data : answer.type));

describe('a question about the cluster', () => {
  test('is answered with authority, its own id and its own spelling', async () => {
    const { packet } = await ask(question('Web.default.svc.cluster.local'));
    expect(packet).toMatchObject({
      id: 42,
      rcode: 'NOERROR',
      flag_qr: true,
      flag_aa: true,
      flag_ra: true,
      flag_rd: true,
    });
    expect(packet.questions?.[0]?.name).toBe('Web.default.svc.cluster.local');
    expect(packet.answers).toMatchObject([
      { name: 'Web.default.svc.cluster.local', type: 'A', ttl: 30, data: '10.96.0.80' },
    ]);
  });

  test('that has no answer has the zone’s SOA, whether the name exists or not', async () => {
    const none = await ask(question('nosuch.default.svc.cluster.local'));
    expect(none.packet).toMatchObject({ rcode: 'NXDOMAIN', flag_aa: true, authorities: [{ type: 'SOA', ttl: 5 }] });
    const other = await ask(question('web.default.svc.cluster.local', 'AAAA'));
    expect(other.packet).toMatchObject({ rcode: 'NOERROR', answers: [], authorities: [{ type: 'SOA' }] });
    const soa = await ask(question('cluster.local', 'SOA'));
    expect(soa.packet.answers).toMatchObject([{ type: 'SOA', name: 'cluster.local', data: { serial: 7 } }]);
  });

  test('fails for now while nothing is known of the cluster; others are passed on', async () => {
    expect((await ask(question('web.default.svc.cluster.local'), 'udp', { known: false })).packet.rcode).toBe(
      'SERVFAIL',
    );
    const forward = (query: Query): Forwarded => ({ kind: 'answered', message: reply(query, []) });
    expect((await ask(question('example.org'), 'udp', { known: false, forward })).packet.rcode).toBe('NOERROR');
  });

  test.each([
    [undefined, 512],
    [4096, 1232],
    [800, 800],
    [100, 512],
  ])('over UDP with payload size %s is answered in at most %i bytes, cut with the flag', async (edns, limit) => {
    const { bytes, packet } = await ask(question('big.default.svc.cluster.local', 'A', edns));
    expect(bytes.length).toBeLessThanOrEqual(limit);
    expect(bytes.length).toBeGreaterThan(limit - 17);
    expect(packet.flag_tc).toBe(true);
    expect(packet.additionals?.length).toBe(edns === undefined ? 0 : 1);
  });

  test('over TCP is answered whole', async () => {
    const { packet } = await ask(question('big.default.svc.cluster.local'), 'tcp');
    expect(packet.flag_tc).toBe(false);
    expect(new Set(dataOf(packet.answers)).size).toBe(200);
  });

  test('leaves out what is only helpful before it cuts anything', async () => {
    const { packet } = await ask(question('_http._tcp.big.default.svc.cluster.local', 'SRV', 1232), 'tcp');
    expect([packet.answers?.length, packet.additionals?.length]).toEqual([200, 201]);
  });
});

function reply(query: Query, answers: Answer[]): Buffer {
  return encode({
    id: query.id,
    type: 'response',
    questions: [{ name: query.name, type: query.type as 'A' }],
    answers,
  });
}
const outside: Setting = {
  forward: (query) => ({
    kind: 'answered',
    message: reply(query, [{ name: query.name, type: 'A', ttl: 60, data: '192.0.2.7' }]),
  }),
};

describe('an alias', () => {
  test('comes with what the machine’s resolvers say of its target', async () => {
    const { packet } = await ask(question('out.default.svc.cluster.local'), 'udp', outside);
    expect(dataOf(packet.answers)).toEqual(['example.org', '192.0.2.7']);
  });

  test('comes alone when they cannot be asked, or it is all that was asked for', async () => {
    expect(dataOf((await ask(question('out.default.svc.cluster.local'))).packet.answers)).toEqual(['example.org']);
    const { packet } = await ask(question('out.default.svc.cluster.local', 'CNAME'), 'udp', outside);
    expect(dataOf(packet.answers)).toEqual(['example.org']);
  });

  test('of a name in the cluster is followed; one of itself is given up', async () => {
    const inside = await ask(question('inside.default.svc.cluster.local'));
    expect(dataOf(inside.packet.answers)).toEqual(['web.default.svc.cluster.local', '10.96.0.80']);
    const loop = await ask(question('loop.default.svc.cluster.local'));
    expect(loop.packet.rcode).toBe('NOERROR');
  });
});

describe('bad input', () => {
  test('an answer, or less than a header, is not answered', () => {
    expect(resolver().resolve(encode({ type: 'response', questions: [] }), 'udp')).toBeUndefined();
    expect(resolver().resolve(Buffer.alloc(11), 'udp')).toBeUndefined();
  });

  test.each<[string, (bytes: Buffer) => Buffer, string]>([
    ['another operation', (bytes) => (bytes.writeUInt16BE(0x2800, 2), bytes), 'NOTIMP'],
    ['no question', (bytes) => (bytes.writeUInt16BE(0, 4), bytes), 'FORMERR'],
    ['two questions', (bytes) => (bytes.writeUInt16BE(2, 4), bytes), 'FORMERR'],
    ['a name that is cut short', (bytes) => bytes.subarray(0, 20), 'FORMERR'],
    ['another class', (bytes) => (bytes.writeUInt16BE(3, bytes.length - 2), bytes), 'REFUSED'],
    ['a zone transfer', () => question('cluster.local', 'AXFR'), 'REFUSED'],
  ])('%s is refused in so many words', async (_, change, rcode) => {
    const { packet } = await ask(change(question('web.default.svc.cluster.local')));
    expect(packet).toMatchObject({ id: 42, rcode });
  });

  test('no bytes make it throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(100), (noise, at) => {
        const bytes = question('web.default.svc.cluster.local');
        Buffer.from(noise).copy(bytes, Math.min(at, bytes.length - 1));
        void resolver().resolve(bytes, 'udp');
        void resolver().resolve(Buffer.from(noise), 'tcp');
      }),
    );
  });
});

test('what was asked and answered is counted under CoreDNS’s names', async () => {
  const text = await registry.metrics();
  expect(text).toMatch(/coredns_dns_requests_total\{proto="udp",type="A"\} \d+/);
  expect(text).toMatch(/coredns_dns_responses_total\{rcode="NXDOMAIN"\} \d+/);
});

test('a parsed question knows where it ends', () => {
  const bytes = question('a.b');
  expect(parseQuery(bytes)).toMatchObject({
    kind: 'query',
    query: { questionEnd: bytes.length, name: 'a.b', type: 'A' },
  });
});
