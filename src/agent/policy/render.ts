import { createHash } from 'node:crypto';
import type { NetworkPolicy } from '../../shared/api/kinds.ts';
import { contains, parseCidr } from '../network/cidr.ts';
import { allowancesOf, type Allowance, type PeerMatch, type PortMatch } from './matches.ts';
import { decides, selects, type Direction, type PolicyPod, type PolicyWorld } from './policy-world.ts';

/** The cluster's DNS as packets find it: this node's own server, whatever address and port it was asked at. */
export interface NodeDns {
  ip: string;
  port: number;
}

/** What the policies come to on this node: everything in the table but its fixed part. */
export interface PolicyRules {
  /** Rules by chain: one chain for each policy and direction, one for each isolated pod and direction. */
  chains: Map<string, readonly string[]>;
  sets: Map<string, { type: 'pods' | 'ports'; elements: ReadonlySet<string> }>;
  /** Address of a pod → the chain that decides what comes to it. */
  ingress: Map<string, string>;
  /** … and what it sends. */
  egress: Map<string, string>;
}

const DNS_SERVICE_PORT = 53;
/** Long enough to be unique in a cluster, short enough for nft's names. */
const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

/**
 * A pod that some policy selects may do what any of them allows, and nothing else, in the directions they decide; every
 * other pod may do anything (networking.k8s.io/v1 NetworkPolicy).
 */
export function renderPolicies(world: PolicyWorld, dns: NodeDns): PolicyRules {
  const rules: PolicyRules = { chains: new Map(), sets: new Map(), ingress: new Map(), egress: new Map() };
  for (const direction of ['ingress', 'egress'] as const) {
    const chainsOf = new Map<PolicyPod, string[]>();
    for (const policy of world.policies) {
      if (!decides(policy, direction)) continue;
      const selected = world.local.filter((pod) => selects(policy, pod));
      if (selected.length === 0) continue;
      const name = policyChain(policy, direction);
      rules.chains.set(name, chainRules(allowancesOf(policy, direction, selected, world), direction, dns, rules));
      for (const pod of selected) chainsOf.set(pod, [...(chainsOf.get(pod) ?? []), name]);
    }
    for (const [pod, chains] of chainsOf) {
      const name = `${direction}-pod-${pod.ip.replaceAll('.', '-')}`;
      rules[direction].set(pod.ip, name);
      rules.chains.set(name, podRules(pod, direction, chains));
    }
  }
  return rules;
}

const policyChain = ({ metadata }: NetworkPolicy, direction: Direction): string =>
  `${direction}-policy-${digest(`${metadata?.namespace}/${metadata?.name}`)}`;

function podRules({ ip }: PolicyPod, direction: Direction, policyChains: readonly string[]): string[] {
  return [
    // No policy can keep a pod from itself.
    `${direction === 'ingress' ? 'ip saddr' : 'ip daddr'} ${ip} accept`,
    ...[...policyChains].sort().map((chain) => `jump ${chain}`),
    'drop',
  ];
}

function chainRules(allowances: readonly Allowance[], direction: Direction, dns: NodeDns, into: PolicyRules): string[] {
  const rules = allowances.flatMap((allowance) => [
    ruleOf(allowance, direction, into),
    ...(direction === 'egress' ? dnsRules(allowance, dns) : []),
  ]);
  return [...new Set(rules)];
}

function ruleOf({ peer, port }: Allowance, direction: Direction, into: PolicyRules): string {
  const parts = [peerText(peer, direction === 'ingress' ? 'ip saddr' : 'ip daddr', into), portText(port, into)];
  return [...parts.filter((part) => part !== ''), 'accept'].join(' ');
}

function peerText(peer: PeerMatch, field: string, into: PolicyRules): string {
  switch (peer.type) {
    case 'any':
      return '';
    case 'pods':
      return `${field} @${addSet('pods', peer.key, peer.addresses, into)}`;
    case 'range': {
      // Everything is in it; a rule without the match says the same.
      const inside = peer.cidr === '0.0.0.0/0' ? [] : [`${field} ${peer.cidr}`];
      const holes = peer.except.length > 0 ? [`${field} != { ${peer.except.join(', ')} }`] : [];
      return [...inside, ...holes].join(' ');
    }
  }
}

function portText(port: PortMatch, into: PolicyRules): string {
  switch (port.type) {
    case 'any':
      return '';
    case 'numbers':
      if (port.from === 0 && port.to === 65_535) return `meta l4proto ${port.protocol}`;
      return `${port.protocol} dport ${port.from === port.to ? port.from : `${port.from}-${port.to}`}`;
    case 'named':
      // The destination's own port: the selected pod's coming in, the peer's going out.
      return `ip daddr . meta l4proto . th dport @${addSet('ports', port.key, port.elements, into)}`;
  }
}

/** Who may ask the cluster's DNS at port 53 may ask this node's server, at the port where it is. */
function dnsRules({ peer, port }: Allowance, { ip, port: dnsPort }: NodeDns): string[] {
  if (!includesAddress(peer, ip)) return [];
  return ['udp', 'tcp']
    .filter((protocol) => coversDns(port, protocol, ip))
    .map((protocol) => `ip daddr ${ip} ${protocol} dport ${dnsPort} accept`);
}

function includesAddress(peer: PeerMatch, ip: string): boolean {
  switch (peer.type) {
    case 'any':
      return true;
    case 'pods':
      return peer.addresses.has(ip);
    case 'range':
      return contains(parseCidr(peer.cidr), ip) && !peer.except.some((hole) => contains(parseCidr(hole), ip));
  }
}

function coversDns(port: PortMatch, protocol: string, ip: string): boolean {
  if (port.type === 'named') return port.elements.has(`${ip} . ${protocol} . ${DNS_SERVICE_PORT}`);
  if (port.type === 'any') return true;
  return port.protocol === protocol && port.from <= DNS_SERVICE_PORT && port.to >= DNS_SERVICE_PORT;
}

/** Named after what is meant, so that rules stay as they are while pods come and go, and policies share sets. */
function addSet(type: 'pods' | 'ports', key: string, elements: ReadonlySet<string>, into: PolicyRules): string {
  const name = `${type}-${digest(key)}`;
  into.sets.set(name, { type, elements });
  return name;
}
