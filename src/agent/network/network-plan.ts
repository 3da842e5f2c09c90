import { gatewayOf, parseCidr } from './cidr.ts';
import { VXLAN_PORT } from './overlay/plan.ts';

export const GATEWAY_BRIDGE = 'kube0';
const TABLE = 'wheelhouse';

/** The machine's end of a pod's link, from the sandbox's id: at most 15 characters, the kernel's limit. */
export const linkName = (sandboxId: string): string => `vh${sandboxId.slice(0, 12)}`;

/** `ip -batch` lines on the machine's side: a link into the pod, and a route to its one address. */
export function machineSide(link: string, pid: number, podIp: string, gateway: string, mtu: number): string {
  return [
    `link add ${link} mtu ${mtu} type veth peer name eth0 mtu ${mtu} netns ${pid}`,
    `link set ${link} up`,
    `addr add ${gateway}/32 dev ${link}`,
    `route replace ${podIp}/32 dev ${link} scope link`,
    '',
  ].join('\n');
}

/** `ip -batch` lines inside the pod's network namespace. */
export function podSide(podIp: string, gateway: string): string {
  return [
    'link set lo up',
    `addr add ${podIp}/32 dev eth0`,
    'link set eth0 up',
    `route add ${gateway}/32 dev eth0 scope link`,
    `route add default via ${gateway} src ${podIp}`,
    '',
  ].join('\n');
}

/** Marks the route of our own range among the machine's routes. */
export const OWN_RANGE_PROTOCOL = '86';

/**
 * The bridge has no ports: it only holds the gateway address, so that the machine itself answers there. It is also where
 * the range as a whole leads: what is sent to a pod that is gone comes past the rules that refuse it (machineTable).
 */
export const bridgeBatch = (podCidr: string): string =>
  [
    `addr replace ${gatewayOf(parseCidr(podCidr))}/32 dev ${GATEWAY_BRIDGE}`,
    `link set ${GATEWAY_BRIDGE} up`,
    `route replace ${podCidr} dev ${GATEWAY_BRIDGE} proto ${OWN_RANGE_PROTOCOL}`,
    '',
  ].join('\n');

/**
 * Replaces our nft table as one transaction: what pods send out of the cluster leaves with the machine's address, and
 * the VXLAN port hears the other machines only, as whoever can send to it is inside the pod network. Who sends to a pod
 * that is gone is told so at once, by a reset: unlike ICMP it is not rationed by the kernel, and clients go on to another.
 */
export function machineTable(podCidr: string, clusterCidr: string, peers: readonly string[]): string {
  const elements = peers.length > 0 ? `\n    elements = { ${peers.join(', ')} };` : '';
  return `add table ip ${TABLE}
delete table ip ${TABLE}
table ip ${TABLE} {
  set peers {
    type ipv4_addr;${elements}
  }
  chain input {
    type filter hook input priority -10;
    udp dport ${VXLAN_PORT} ip saddr != @peers drop
  }
  chain gone {
    meta l4proto tcp reject with tcp reset
    reject with icmp type host-unreachable
  }
  chain forward {
    type filter hook forward priority -20;
    oifname "${GATEWAY_BRIDGE}" ip daddr ${podCidr} goto gone
  }
  chain output {
    type filter hook output priority -20;
    oifname "${GATEWAY_BRIDGE}" ip daddr ${podCidr} goto gone
  }
  chain postrouting {
    type nat hook postrouting priority 90;
    ip saddr ${podCidr} ip daddr != ${clusterCidr} oifname != "vh*" masquerade fully-random
  }
}
`;
}

/** Docker drops what it does not know on FORWARD; in this chain of its own it lets others speak first. */
export const dockerUserRules = (podCidr: string): string[][] => [
  ['-s', podCidr, '-j', 'ACCEPT'],
  ['-d', podCidr, '-j', 'ACCEPT'],
];
