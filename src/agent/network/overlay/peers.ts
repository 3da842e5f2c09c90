import type { Node } from '../../../shared/api/kinds.ts';
import { contains, formatIpv4, parseCidr } from '../cidr.ts';

/** Where a node says its WireGuard key (base64), for the others to let it in. */
export const WIREGUARD_KEY_ANNOTATION = 'network.wheelhouse.dev/wireguard-public-key';

/** Another machine, as far as reaching its pods goes. */
export interface Peer {
  name: string;
  /** The range of its pods. */
  podCidr: string;
  /** The address it is reached at. */
  address: string;
  wireguardKey?: string;
}

/**
 * The other machines that have pods and an address, in the order of their ranges. Simulated nodes have ranges outside
 * the cluster's and are left out. Of two nodes with one range the older is meant.
 */
export function peersOf(nodes: Iterable<Node>, self: string, clusterCidr: string): Peer[] {
  const cluster = parseCidr(clusterCidr);
  const byRange = new Map<string, { peer: Peer; created: string }>();
  for (const node of nodes) {
    const name = node.metadata?.name ?? '';
    const podCidr = node.spec?.podCIDR;
    const address = node.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address;
    if (name === self || !podCidr || !address || !isIpv4(address)) continue;
    if (!contains(cluster, formatIpv4(parseCidr(podCidr).base))) continue;
    const key = node.metadata?.annotations?.[WIREGUARD_KEY_ANNOTATION];
    const peer: Peer = { name, podCidr, address, ...(key ? { wireguardKey: key } : {}) };
    const created = String(node.metadata?.creationTimestamp ?? '');
    const known = byRange.get(podCidr);
    if (!known || created < known.created) byRange.set(podCidr, { peer, created });
  }
  return [...byRange.values()].map(({ peer }) => peer).sort((a, b) => rangeStart(a) - rangeStart(b));
}

const rangeStart = ({ podCidr }: Peer): number => parseCidr(podCidr).base;
const isIpv4 = (text: string): boolean => /^\d{1,3}(\.\d{1,3}){3}$/.test(text);
