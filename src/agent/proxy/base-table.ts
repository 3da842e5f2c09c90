import { createHash } from 'node:crypto';

/**
 * The fixed part of the nftables table: base chains at the hooks, and the maps they look packets up in. What Services
 * add are map elements and chains of their own (service-rules.ts), so the cost of a packet does not grow with their number.
 */

export const TABLE = 'ip wheelhouse-services';

/** The machine's ends of the pods' links: what comes in there comes from a pod of this node. */
const FROM_POD = 'iifname "vh*"';
const NOT_FROM_POD = 'iifname != "vh*"';

/** kube-proxy's own mark: bit 14. */
const MASQUERADE_MARK = '0x4000';

export const MARK_FOR_MASQUERADE = 'mark-for-masquerade';
export const REJECT = 'reject-chain';
export const fromPod = (rule: string): string => `${FROM_POD} ${rule}`;
export const notFromPod = (rule: string): string => `${NOT_FROM_POD} ${rule}`;

/** Names and types of the maps and sets whose elements Services provide. `verdict` maps lead to a chain. */
const LOOKUPS = {
  'service-ips': { kind: 'map', type: 'ipv4_addr . inet_proto . inet_service : verdict' },
  'service-nodeports': { kind: 'map', type: 'inet_proto . inet_service : verdict' },
  'no-endpoint-services': { kind: 'map', type: 'ipv4_addr . inet_proto . inet_service : verdict' },
  'no-endpoint-nodeports': { kind: 'map', type: 'inet_proto . inet_service : verdict' },
  'cluster-ips': { kind: 'set', type: 'ipv4_addr' },
  'hairpin-connections': { kind: 'set', type: 'ipv4_addr . ipv4_addr' },
  'node-local-listeners': { kind: 'set', type: 'ipv4_addr . inet_proto . inet_service' },
} as const satisfies Record<string, { kind: 'map' | 'set'; type: string }>;

export type Lookup = keyof typeof LOOKUPS;
export const LOOKUP_NAMES = Object.keys(LOOKUPS) as Lookup[];

/**
 * Chains of the fixed part, with their rules. Priorities: our destination NAT comes before Docker's (-100), our
 * refusals before its filters (0), our masquerading before that of the pod network (90).
 */
const CHAINS: Record<string, readonly string[]> = {
  [MARK_FOR_MASQUERADE]: [`meta mark set meta mark or ${MASQUERADE_MARK}`],
  [REJECT]: ['meta l4proto tcp reject with tcp reset', 'reject with icmp port-unreachable'],
  services: [
    'ip daddr . meta l4proto . th dport vmap @service-ips',
    // Not on loopback: the answer could not find its way back (as kube-proxy in nftables mode).
    'fib daddr type local ip daddr != 127.0.0.0/8 meta l4proto . th dport vmap @service-nodeports',
  ],
  'service-endpoints-check': ['ip daddr . meta l4proto . th dport vmap @no-endpoint-services'],
  'nodeport-endpoints-check': [
    'fib daddr type local ip daddr != 127.0.0.0/8 meta l4proto . th dport vmap @no-endpoint-nodeports',
  ],
  // What still has a cluster address here was meant for a port that the Service does not have.
  'cluster-ips-check': [`ip daddr @cluster-ips goto ${REJECT}`],
  'nat-prerouting': ['type nat hook prerouting priority -110;', 'jump services'],
  'nat-output': ['type nat hook output priority -110;', 'jump services'],
  'nat-postrouting': [
    'type nat hook postrouting priority 80;',
    `meta mark and ${MASQUERADE_MARK} != 0 meta mark set meta mark xor ${MASQUERADE_MARK} masquerade fully-random`,
    // A pod that reaches itself through a Service must not see its own address as the client's.
    'ct status dnat ip saddr . ip daddr @hairpin-connections masquerade fully-random',
  ],
  'filter-input': [
    'type filter hook input priority -10;',
    // DNS and the way to the API server are for this node's pods and processes, not for its network.
    `iifname != "lo" ${NOT_FROM_POD} ip daddr . meta l4proto . th dport @node-local-listeners drop`,
    'ct state new jump nodeport-endpoints-check',
    'ct state new jump service-endpoints-check',
  ],
  'filter-forward': [
    'type filter hook forward priority -10;',
    'ct state new jump service-endpoints-check',
    'ct state new jump cluster-ips-check',
  ],
  'filter-output': [
    'type filter hook output priority -10;',
    'ct state new jump service-endpoints-check',
    'ct state new jump nodeport-endpoints-check',
    'ct state new jump cluster-ips-check',
  ],
};

/** How many rules each fixed chain has, for the check of what the kernel has. */
export const BASE_CHAINS: ReadonlyMap<string, number> = new Map(
  Object.entries(CHAINS).map(([name, rules]) => [name, rules.filter((rule) => !rule.endsWith(';')).length]),
);

const lookups = Object.entries(LOOKUPS).map(([name, { kind, type }]) => `  ${kind} ${name} { type ${type}; }`);
const chains = Object.entries(CHAINS).map(
  ([name, rules]) => `  chain ${name} {\n${rules.map((rule) => `    ${rule}`).join('\n')}\n  }`,
);
const body = [...lookups, ...chains].join('\n');

/** An empty set whose name says which fixed part a table has: another agent's may be another. */
export const BASE_MARK = `base-${createHash('sha256').update(body).digest('hex').slice(0, 12)}`;

/** The fixed part as nft reads it. */
export const baseTable = (): string => `table ${TABLE} {\n  set ${BASE_MARK} { type mark; }\n${body}\n}\n`;
