import type { PodNetworkBackend } from '../../../shared/agent-config.ts';
import { formatIpv4, parseCidr } from '../cidr.ts';
import type { Peer } from './peers.ts';
import { isNeighbour, type LocalAddress } from './underlay.ts';

export const VXLAN_DEVICE = 'wh-vxlan';
export const WIREGUARD_DEVICE = 'wh-wg';
/** Flannel's port and network id: what firewalls already know. */
export const VXLAN_PORT = 8472;
const VXLAN_ID = 1;
export const WIREGUARD_PORT = 51820;
/** Marks our routes among the machine's (`ip route … proto 87`), so that we find them again and touch no others. */
export const ROUTE_PROTOCOL = '87';

/** What a packet grows by on its way: an IPv4, UDP and VXLAN header with the inner Ethernet's; WireGuard's own. */
const VXLAN_OVERHEAD = 50;
const WIREGUARD_OVERHEAD = 80;

/** The largest packet a pod may send, on a machine whose way out takes `underlayMtu`. */
export function podMtu(backend: PodNetworkBackend, underlayMtu: number): number {
  switch (backend) {
    case 'vxlan':
      return underlayMtu - VXLAN_OVERHEAD;
    case 'wireguard':
      return underlayMtu - WIREGUARD_OVERHEAD;
    case 'host-gw':
      return underlayMtu;
  }
}

/** The tunnel end's hardware address, from its node's range: no machine has to tell the others. */
export function vxlanMac(podCidr: string): string {
  const octets = formatIpv4(parseCidr(podCidr).base).split('.').map(Number);
  return ['0e', '77', ...octets.map((octet) => octet.toString(16).padStart(2, '0'))].join(':');
}

const rangeBase = (podCidr: string): string => formatIpv4(parseCidr(podCidr).base);

export interface Route {
  /** The other machine's pods. */
  podCidr: string;
  device?: string;
  /** The next hop; absent on a device that needs none. */
  via?: string;
  mtu?: number;
}

export interface Neighbour {
  /** The other tunnel end's inner address. */
  inner: string;
  mac: string;
  /** The other machine. */
  address: string;
}

/** All that must be in place on this machine to reach the others' pods. */
export interface OverlayPlan {
  /** Absent when nobody is reached through it. */
  vxlan?: { local: string; device: string; mac: string; inner: string; mtu: number; neighbours: Neighbour[] };
  wireguard?: { inner: string; mtu: number; peers: (Peer & { wireguardKey: string })[] };
  routes: Route[];
  /** Peers that cannot be reached yet, with the reason. */
  unreachable: { name: string; reason: string }[];
}

export interface OverlayInput {
  backend: PodNetworkBackend;
  podCidr: string;
  underlay: LocalAddress;
  addresses: readonly LocalAddress[];
  peers: readonly Peer[];
}

/** Where the way to each peer leads: straight to a neighbour with `host-gw`, else through a tunnel. */
export function planOverlay({ backend, podCidr, underlay, addresses, peers }: OverlayInput): OverlayPlan {
  const direct = backend === 'host-gw' ? peers.filter(({ address }) => isNeighbour(addresses, address)) : [];
  const tunnelled = peers.filter((peer) => !direct.includes(peer));
  const straight: Route[] = direct.map((peer) => ({ podCidr: peer.podCidr, via: peer.address }));
  if (backend === 'wireguard') return wireguardPlan(podCidr, underlay, tunnelled);
  if (tunnelled.length === 0 && backend === 'host-gw') return { routes: straight, unreachable: [] };
  const mtu = podMtu('vxlan', underlay.mtu);
  return {
    vxlan: {
      local: underlay.address,
      device: underlay.device,
      mac: vxlanMac(podCidr),
      inner: rangeBase(podCidr),
      mtu,
      neighbours: tunnelled.map((peer) => ({
        inner: rangeBase(peer.podCidr),
        mac: vxlanMac(peer.podCidr),
        address: peer.address,
      })),
    },
    routes: [
      ...straight,
      ...tunnelled.map((peer) => ({
        podCidr: peer.podCidr,
        device: VXLAN_DEVICE,
        via: rangeBase(peer.podCidr),
        // Pods that may send more than the tunnel takes are told so by the kernel.
        ...(backend === 'host-gw' ? { mtu } : {}),
      })),
    ],
    unreachable: [],
  };
}

function wireguardPlan(podCidr: string, underlay: LocalAddress, peers: readonly Peer[]): OverlayPlan {
  const ready = peers.flatMap((peer) => (peer.wireguardKey ? [{ ...peer, wireguardKey: peer.wireguardKey }] : []));
  return {
    wireguard: { inner: rangeBase(podCidr), mtu: podMtu('wireguard', underlay.mtu), peers: ready },
    routes: ready.map((peer) => ({ podCidr: peer.podCidr, device: WIREGUARD_DEVICE })),
    unreachable: peers
      .filter(({ wireguardKey }) => !wireguardKey)
      .map(({ name }) => ({ name, reason: 'it has not said its WireGuard key yet' })),
  };
}

/** `ip link add …` of the tunnel, without the device's other properties. */
export const vxlanLink = ({ local, device, mac }: NonNullable<OverlayPlan['vxlan']>): string =>
  `link add ${VXLAN_DEVICE} address ${mac} type vxlan id ${VXLAN_ID} local ${local} dev ${device} dstport ${VXLAN_PORT} nolearning`;
