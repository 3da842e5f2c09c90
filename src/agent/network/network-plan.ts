import { gatewayOf, parseCidr } from './cidr.ts';

/** Pods' MTU leaves room for VXLAN (50 bytes) under an ordinary Ethernet. */
const MTU = 1450;
export const GATEWAY_BRIDGE = 'kube0';
const TABLE = 'wheelhouse';

/** The machine's end of a pod's link, from the sandbox's id: at most 15 characters, the kernel's limit. */
export const linkName = (sandboxId: string): string => `vh${sandboxId.slice(0, 12)}`;

/** `ip -batch` lines on the machine's side: a link into the pod, and a route to its one address. */
export function machineSide(link: string, pid: number, podIp: string, gateway: string): string {
  return [
    `link add ${link} mtu ${MTU} type veth peer name eth0 mtu ${MTU} netns ${pid}`,
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

/** The bridge has no ports: it only holds the gateway address, so that the machine itself answers there. */
export const bridgeBatch = (podCidr: string): string =>
  `addr replace ${gatewayOf(parseCidr(podCidr))}/32 dev ${GATEWAY_BRIDGE}\nlink set ${GATEWAY_BRIDGE} up\n`;

/** Replaces our nft table as one transaction: what pods send out of their network leaves with the machine's address. */
export function natTable(podCidr: string): string {
  return `add table ip ${TABLE}
delete table ip ${TABLE}
table ip ${TABLE} {
  chain postrouting {
    type nat hook postrouting priority 90;
    ip saddr ${podCidr} ip daddr != ${podCidr} oifname != "vh*" masquerade fully-random
  }
}
`;
}

/** Docker drops what it does not know on FORWARD; in this chain of its own it lets others speak first. */
export const dockerUserRules = (podCidr: string): string[][] => [
  ['-s', podCidr, '-j', 'ACCEPT'],
  ['-d', podCidr, '-j', 'ACCEPT'],
];
