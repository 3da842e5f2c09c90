import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { NetworkPolicy } from '../../shared/api/kinds.ts';
import { matchesLabelSelector, type LabelSelector } from '../../shared/api/selector.ts';
import { contains, parseCidr } from '../network/cidr.ts';
import { policyPod, type PolicyPod, type PolicyWorld } from './policy-world.ts';
import { renderPolicies, type PolicyRules } from './render.ts';
import { EMPTY, replacement, transaction } from './table.ts';

const DNS = { ip: '10.244.0.1', port: 10_053 };
type Spec = NonNullable<NetworkPolicy['spec']>;
const policy = (name: string, spec: Spec, namespace = 'shop'): NetworkPolicy => ({
  metadata: { name, namespace },
  spec: { policyTypes: spec.egress ? ['Ingress', 'Egress'] : ['Ingress'], ...spec },
});
const pod = (ip: string, labels: Record<string, string>, namespace = 'shop'): PolicyPod => ({
  namespace,
  labels,
  ip,
  ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
});
const web = pod('10.244.0.5', { app: 'web' });
const db = pod('10.244.1.6', { app: 'db' });
const stranger = pod('10.244.2.7', { app: 'web' }, 'other');
const dnsPod = { ...pod(DNS.ip, { 'k8s-app': 'kube-dns' }, 'kube-system'), ports: [] };
const world = (policies: NetworkPolicy[], local: PolicyPod[] = [web]): PolicyWorld => ({
  policies,
  namespaces: new Map([
    ['shop', { team: 'a' }],
    ['other', { team: 'b' }],
    ['kube-system', { 'kubernetes.io/metadata.name': 'kube-system' }],
  ]),
  pods: [web, db, stranger, dnsPod],
  local,
});

/** What the kernel would do with a packet: the rules read as nft reads them. */
function judged(rules: PolicyRules, direction: 'ingress' | 'egress', packet: Packet): boolean {
  const chain = rules[direction].get(direction === 'ingress' ? packet.to : packet.from);
  return chain === undefined || run(rules, chain, packet) !== 'drop';
}
interface Packet {
  from: string;
  to: string;
  protocol: string;
  port: number;
}
function run(rules: PolicyRules, chain: string, packet: Packet): 'accept' | 'drop' | undefined {
  for (const rule of rules.chains.get(chain) ?? []) {
    if (rule === 'drop') return 'drop';
    const jump = /^jump (\S+)$/.exec(rule)?.[1];
    if (jump) {
      const verdict = run(rules, jump, packet);
      if (verdict) return verdict;
    } else if (matches(rules, rule.replace(/ ?accept$/, ''), packet)) return 'accept';
  }
  return undefined;
}
function matches(rules: PolicyRules, text: string, packet: Packet): boolean {
  const { from, to, protocol, port } = packet;
  const elements = (name: string): ReadonlySet<string> => rules.sets.get(name)?.elements ?? new Set();
  const named = /ip daddr \. meta l4proto \. th dport @(\S+)/.exec(text);
  if (named && !elements(named[1] ?? '').has(`${to} . ${protocol} . ${port}`)) return false;
  const rest = text.replace(named?.[0] ?? '', '').trim();
  const pattern = /ip ([sd])addr (!= )?(\{[^}]*\}|\S+)|meta l4proto (\w+)|(tcp|udp|sctp) dport (\d+)(?:-(\d+))?/g;
  if (rest.replace(pattern, '').trim() !== '') throw new Error(`not understood: ${text}`);
  return [...rest.matchAll(pattern)].every(([, side, not, value = '', l4, transport, low, high]) => {
    if (l4) return l4 === protocol;
    if (transport) return transport === protocol && port >= Number(low) && port <= Number(high ?? low);
    const address = side === 's' ? from : to;
    if (value.startsWith('@')) return elements(value.slice(1)).has(address) === !not;
    const ranges = value.replaceAll(/[{} ]/g, '').split(',');
    return ranges.some((range) => contains(parseCidr(range.includes('/') ? range : `${range}/32`), address)) === !not;
  });
}

describe('rules', () => {
  test('without policies nothing is decided', () => {
    expect(renderPolicies(world([]), DNS)).toEqual(EMPTY);
  });

  test('of a default deny, and of one that lets some in', () => {
    const rules = renderPolicies(
      world([
        policy('deny', { podSelector: {} }),
        policy('from-db', {
          podSelector: { matchLabels: { app: 'web' } },
          ingress: [
            {
              from: [
                { podSelector: { matchLabels: { app: 'db' } } },
                { ipBlock: { cidr: '192.0.2.0/24', except: ['192.0.2.128/25', '192.0.2.200/32'] } },
              ],
              ports: [
                { protocol: 'TCP', port: 'http' },
                { protocol: 'UDP', port: 5000, endPort: 5010 },
              ],
            },
          ],
        }),
      ]),
      DNS,
    );
    expect(replacement(rules)).toMatchInlineSnapshot(`
      "add table ip wheelhouse-policy
      delete table ip wheelhouse-policy
      table ip wheelhouse-policy {
        map ingress-pods { type ipv4_addr : verdict; }
        map egress-pods { type ipv4_addr : verdict; }
        chain forward-egress {
          type filter hook forward priority -8;
          ct state established,related accept
          ip saddr vmap @egress-pods
        }
        chain forward-ingress {
          type filter hook forward priority -7;
          ct state established,related accept
          ip daddr vmap @ingress-pods
        }
        chain input-egress {
          type filter hook input priority -8;
          iifname != "vh*" accept
          ct state established,related accept
          ip saddr vmap @egress-pods
        }
      }
      add set ip wheelhouse-policy pods-3ac33f195b1de1a9 { type ipv4_addr; }
      add set ip wheelhouse-policy ports-06c33bc10322ab30 { type ipv4_addr . inet_proto . inet_service; }
      add element ip wheelhouse-policy pods-3ac33f195b1de1a9 { 10.244.1.6 }
      add element ip wheelhouse-policy ports-06c33bc10322ab30 { 10.244.0.5 . tcp . 8080 }
      add chain ip wheelhouse-policy ingress-policy-adbc9dc8172b269c
      add chain ip wheelhouse-policy ingress-policy-790aa5ca563d9110
      add chain ip wheelhouse-policy ingress-pod-10-244-0-5
      add rule ip wheelhouse-policy ingress-policy-790aa5ca563d9110 ip saddr @pods-3ac33f195b1de1a9 ip daddr . meta l4proto . th dport @ports-06c33bc10322ab30 accept
      add rule ip wheelhouse-policy ingress-policy-790aa5ca563d9110 ip saddr @pods-3ac33f195b1de1a9 udp dport 5000-5010 accept
      add rule ip wheelhouse-policy ingress-policy-790aa5ca563d9110 ip saddr 192.0.2.0/24 ip saddr != { 192.0.2.128/25 } ip daddr . meta l4proto . th dport @ports-06c33bc10322ab30 accept
      add rule ip wheelhouse-policy ingress-policy-790aa5ca563d9110 ip saddr 192.0.2.0/24 ip saddr != { 192.0.2.128/25 } udp dport 5000-5010 accept
      add rule ip wheelhouse-policy ingress-pod-10-244-0-5 ip saddr 10.244.0.5 accept
      add rule ip wheelhouse-policy ingress-pod-10-244-0-5 jump ingress-policy-790aa5ca563d9110
      add rule ip wheelhouse-policy ingress-pod-10-244-0-5 jump ingress-policy-adbc9dc8172b269c
      add rule ip wheelhouse-policy ingress-pod-10-244-0-5 drop
      add element ip wheelhouse-policy ingress-pods { 10.244.0.5 : goto ingress-pod-10-244-0-5 }
      "
    `);
  });

  test('DNS is let out to where it is asked at port 53', () => {
    const toDns = policy('dns', {
      podSelector: {},
      policyTypes: ['Egress'],
      egress: [
        {
          to: [
            {
              namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
              podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
            },
          ],
          ports: [{ protocol: 'UDP', port: 53 }],
        },
      ],
    });
    const rules = renderPolicies(world([toDns]), DNS);
    const ask = (protocol: string, port: number): boolean =>
      judged(rules, 'egress', { from: web.ip, to: DNS.ip, protocol, port });
    expect([ask('udp', 10_053), ask('tcp', 10_053), ask('udp', 6443)]).toEqual([true, false, false]);
  });

  test('a pod always reaches itself', () => {
    const rules = renderPolicies(world([policy('deny', { podSelector: {}, egress: [] })]), DNS);
    const packet = { from: web.ip, to: web.ip, protocol: 'tcp', port: 80 };
    expect([judged(rules, 'ingress', packet), judged(rules, 'egress', packet)]).toEqual([true, true]);
    expect(judged(rules, 'ingress', { ...packet, from: db.ip })).toBe(false);
  });

  test('pods of the host’s network, and those that have ended, are not meant', () => {
    const base = { metadata: { name: 'p', namespace: 'shop' }, status: { podIP: '10.244.0.9' } };
    expect(policyPod({ ...base, spec: { containers: [] } })?.ip).toBe('10.244.0.9');
    expect(policyPod({ ...base, spec: { containers: [], hostNetwork: true } })).toBeUndefined();
    expect(
      policyPod({ ...base, spec: { containers: [] }, status: { podIP: '10.244.0.9', phase: 'Failed' } }),
    ).toBeUndefined();
  });
});

/** NetworkPolicy as its documentation says it, without regard to speed. */
function oracle(from: PolicyPod | string, to: PolicyPod | string, protocol: string, port: number, w: PolicyWorld) {
  const one = (direction: 'ingress' | 'egress'): boolean => {
    const [subject, peer] = direction === 'ingress' ? [to, from] : [from, to];
    if (typeof subject === 'string') return true;
    const mine = w.policies.filter(
      ({ metadata, spec }) =>
        metadata?.namespace === subject.namespace &&
        matchesLabelSelector(spec?.podSelector as LabelSelector, subject.labels) &&
        spec?.policyTypes?.includes(direction === 'ingress' ? 'Ingress' : 'Egress'),
    );
    if (mine.length === 0 || subject === peer) return true;
    return mine.some(({ metadata, spec }) =>
      ((direction === 'ingress' ? spec?.ingress : spec?.egress) ?? []).some((rule) => {
        const peers = ('from' in rule ? rule.from : 'to' in rule ? rule.to : undefined) ?? [];
        const ports = rule.ports ?? [];
        const peerFits =
          peers.length === 0 ||
          peers.some(({ ipBlock, namespaceSelector, podSelector }) => {
            const ip = typeof peer === 'string' ? peer : peer.ip;
            const inside = (cidr: string): boolean => contains(parseCidr(cidr), ip);
            if (ipBlock) return inside(ipBlock.cidr) && !(ipBlock.except ?? []).some(inside);
            if (typeof peer === 'string') return false;
            const namespaceFits = namespaceSelector
              ? matchesLabelSelector(namespaceSelector as LabelSelector, w.namespaces.get(peer.namespace))
              : peer.namespace === metadata?.namespace;
            return namespaceFits && (!podSelector || matchesLabelSelector(podSelector as LabelSelector, peer.labels));
          });
        const portFits =
          ports.length === 0 ||
          ports.some((wanted) => {
            if ((wanted.protocol ?? 'TCP').toLowerCase() !== protocol) return false;
            if (wanted.port === undefined) return true;
            if (typeof wanted.port === 'number') return port >= wanted.port && port <= (wanted.endPort ?? wanted.port);
            return (
              typeof to !== 'string' &&
              to.ports.some(
                (named) =>
                  named.name === wanted.port && named.protocol.toLowerCase() === protocol && named.port === port,
              )
            );
          });
        return peerFits && portFits;
      }),
    );
  };
  return { ingress: one('ingress'), egress: one('egress') };
}

const labels = fc.record({ app: fc.constantFrom('web', 'db'), tier: fc.constantFrom('x', 'y') });
const selector = fc.oneof(
  fc.constant({}),
  fc.record({ matchLabels: fc.record({ app: fc.constantFrom('web', 'db') }) }),
  fc.record({
    matchExpressions: fc.tuple(
      fc.record({ key: fc.constant('tier'), operator: fc.constantFrom('In', 'NotIn'), values: fc.constant(['x']) }),
    ),
  }),
);
const namespaceSelector = fc.oneof(
  fc.constant({}),
  fc.record({ matchLabels: fc.record({ team: fc.constantFrom('a', 'b') }) }),
);
const peerArbitrary = fc.oneof(
  fc.record({ podSelector: selector }),
  fc.record({ namespaceSelector }),
  fc.record({ namespaceSelector, podSelector: selector }),
  fc.record({
    ipBlock: fc.record(
      {
        cidr: fc.constantFrom('10.244.0.0/16', '192.0.2.0/24', '0.0.0.0/0'),
        except: fc.subarray(['10.244.1.0/24', '10.244.1.7/32', '192.0.2.9/32']),
      },
      { requiredKeys: ['cidr'] },
    ),
  }),
);
const portArbitrary = fc.oneof(
  fc.record({ protocol: fc.constantFrom('TCP', 'UDP'), port: fc.constantFrom<string | number>(80, 'http', 8080) }),
  fc.record({ protocol: fc.constant('TCP'), port: fc.constant(80), endPort: fc.constant(90) }),
  fc.record({ protocol: fc.constantFrom('TCP', 'UDP') }),
);
const rulesArbitrary = (side: 'from' | 'to') =>
  fc.array(
    fc.record(
      { [side]: fc.array(peerArbitrary, { maxLength: 2 }), ports: fc.array(portArbitrary, { maxLength: 2 }) },
      { requiredKeys: [] },
    ),
    { maxLength: 2 },
  );
const policyArbitrary = fc.record({
  namespace: fc.constantFrom('shop', 'other'),
  podSelector: selector,
  policyTypes: fc.constantFrom(['Ingress'], ['Egress'], ['Ingress', 'Egress']),
  ingress: rulesArbitrary('from'),
  egress: rulesArbitrary('to'),
});
const podArbitrary = fc.record({
  labels,
  namespace: fc.constantFrom('shop', 'other'),
  port: fc.constantFrom(80, 8080),
});
const worldArbitrary = fc
  .tuple(fc.array(policyArbitrary, { maxLength: 4 }), fc.array(podArbitrary, { minLength: 2, maxLength: 5 }))
  .map(([policies, pods]): PolicyWorld => {
    const all = pods.map(({ port, ...rest }, index): PolicyPod => ({
      ...rest,
      ip: `10.244.${index % 2}.${index + 5}`,
      ports: [{ name: 'http', protocol: 'TCP', port }],
    }));
    return {
      policies: policies.map(({ namespace, ...spec }, index) =>
        policy(`p${index}`, spec as unknown as Spec, namespace),
      ),
      namespaces: new Map([
        ['shop', { team: 'a' }],
        ['other', { team: 'b' }],
      ]),
      pods: all,
      local: all.filter((_, index) => index % 2 === 0),
    };
  });

test('every packet is judged as the documentation says', () => {
  fc.assert(
    fc.property(worldArbitrary, (w) => {
      const rules = renderPolicies(w, DNS);
      const ends: (PolicyPod | string)[] = [...w.pods, '192.0.2.9', '192.0.2.10'];
      for (const from of ends)
        for (const to of ends)
          for (const protocol of ['tcp', 'udp'])
            for (const port of [80, 85, 8080]) {
              const ip = (end: PolicyPod | string): string => (typeof end === 'string' ? end : end.ip);
              const packet = { from: ip(from), to: ip(to), protocol, port };
              const expected = oracle(from, to, protocol, port, w);
              if (w.local.some((local) => local === to))
                expect([packet, judged(rules, 'ingress', packet)]).toEqual([packet, expected.ingress]);
              if (w.local.some((local) => local === from))
                expect([packet, judged(rules, 'egress', packet)]).toEqual([packet, expected.egress]);
            }
    }),
    { seed: 7, numRuns: 300 },
  );
});

test('nothing is done where nothing has changed, and a pod that comes costs an element', () => {
  const rule = policy('from-db', {
    podSelector: {},
    ingress: [{ from: [{ podSelector: { matchLabels: { app: 'db' } } }] }],
  });
  const before = renderPolicies(world([rule]), DNS);
  expect(transaction(renderPolicies(world([rule]), DNS), before)).toBe('');
  const more = world([rule]);
  const after = renderPolicies({ ...more, pods: [...more.pods, pod('10.244.3.3', { app: 'db' })] }, DNS);
  expect(transaction(after, before)).toMatch(
    /^add element ip wheelhouse-policy pods-[0-9a-f]{16} \{ 10\.244\.3\.3 \}\n$/,
  );
});
