import type { NetworkPolicy } from '../../shared/api/kinds.ts';
import { contains, formatIpv4, parseCidr } from '../network/cidr.ts';
import { podsOfPeer, type Direction, type PolicyPod, type PolicyWorld } from './policy-world.ts';

type Rule = NonNullable<NonNullable<NetworkPolicy['spec']>['ingress']>[number] &
  NonNullable<NonNullable<NetworkPolicy['spec']>['egress']>[number];
type Peer = NonNullable<Rule['from']>[number];
type Port = NonNullable<Rule['ports']>[number];

/** Whom a rule lets in or out: anybody, pods by their addresses, or a range with holes. `key` says what is meant, whoever that is now. */
export type PeerMatch =
  | { type: 'any' }
  | { type: 'pods'; key: string; addresses: ReadonlySet<string> }
  | { type: 'range'; cidr: string; except: readonly string[] };

/** On which ports: any, some numbers of a protocol, or those of a name, which are each pod's own (`ADDRESS . tcp . 80`). */
export type PortMatch =
  | { type: 'any' }
  | { type: 'numbers'; protocol: string; from: number; to: number }
  | { type: 'named'; key: string; elements: ReadonlySet<string> };

/** One thing that is allowed. */
export interface Allowance {
  peer: PeerMatch;
  port: PortMatch;
}

/**
 * What a policy allows in one direction, besides what others allow. `selected` are the local pods it is about: whose
 * ports a name in an ingress rule means.
 */
export function allowancesOf(
  policy: NetworkPolicy,
  direction: Direction,
  selected: readonly PolicyPod[],
  world: PolicyWorld,
): Allowance[] {
  const namespace = policy.metadata?.namespace ?? '';
  const rules = (direction === 'ingress' ? policy.spec?.ingress : policy.spec?.egress) as Rule[] | undefined;
  return (rules ?? []).flatMap((rule) => {
    const peers = (direction === 'ingress' ? rule.from : rule.to) ?? [];
    const ports = rule.ports ?? [];
    return (peers.length > 0 ? peers : [undefined]).flatMap((peer) => {
      const match = peer ? peerMatch(peer, namespace, world) : ({ type: 'any' } as const);
      if (!match) return [];
      const targets = direction === 'ingress' ? selected : peer ? targetsOf(peer, namespace, world) : world.pods;
      return (ports.length > 0 ? ports : [undefined]).map((port) => {
        const owner = [direction, namespace, policy.metadata?.name, direction === 'egress' ? peer : undefined];
        const wanted = port ? portMatch(port, targets, owner) : ({ type: 'any' } as const);
        return { peer: match, port: wanted };
      });
    });
  });
}

function peerMatch(peer: Peer, namespace: string, world: PolicyWorld): PeerMatch | undefined {
  if (!peer.ipBlock) {
    const { namespaceSelector, podSelector } = peer;
    return {
      type: 'pods',
      key: JSON.stringify(namespaceSelector ? [namespaceSelector, podSelector] : [namespace, podSelector]),
      addresses: new Set(podsOfPeer(peer, namespace, world).map(({ ip }) => ip)),
    };
  }
  const { cidr, except = [] } = peer.ipBlock;
  // Pods have IPv4 addresses here: nothing is in an IPv6 range.
  if (cidr.includes(':')) return undefined;
  return { type: 'range', cidr: normalized(cidr), except: disjoint(except.filter((hole) => !hole.includes(':'))) };
}

/** The pods whose named ports an egress rule may mean. */
function targetsOf(peer: Peer, namespace: string, world: PolicyWorld): readonly PolicyPod[] {
  const { ipBlock } = peer;
  if (!ipBlock) return podsOfPeer(peer, namespace, world);
  if (ipBlock.cidr.includes(':')) return [];
  const range = parseCidr(ipBlock.cidr);
  return world.pods.filter(({ ip }) => contains(range, ip));
}

function portMatch(
  { protocol = 'TCP', port, endPort }: Port,
  targets: readonly PolicyPod[],
  owner: readonly unknown[],
): PortMatch {
  const lower = protocol.toLowerCase();
  if (port === undefined) return { type: 'numbers', protocol: lower, from: 0, to: 65_535 };
  if (typeof port === 'number') return { type: 'numbers', protocol: lower, from: port, to: endPort ?? port };
  const elements = targets.flatMap(({ ip, ports }) =>
    ports
      .filter((named) => named.name === port && named.protocol === protocol)
      .map((named) => `${ip} . ${lower} . ${named.port}`),
  );
  return { type: 'named', key: JSON.stringify([...owner, protocol, port]), elements: new Set(elements) };
}

/** Without host bits, as nft prints it. */
function normalized(cidr: string): string {
  const { base, prefix } = parseCidr(cidr);
  return `${formatIpv4(base)}/${prefix}`;
}

/** The same addresses in ranges none of which is inside another: nft refuses overlaps. */
function disjoint(cidrs: readonly string[]): string[] {
  const ranges = [...new Set(cidrs.map(normalized))].map((text) => ({ text, ...parseCidr(text) }));
  return ranges
    .filter(
      (inner) =>
        !ranges.some(
          (outer) => outer !== inner && outer.prefix < inner.prefix && contains(outer, formatIpv4(inner.base)),
        ),
    )
    .map(({ text }) => text)
    .sort();
}
