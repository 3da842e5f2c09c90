import type { ObservedOverlay } from './observed.ts';
import { ROUTE_PROTOCOL, VXLAN_DEVICE, VXLAN_PORT, vxlanLink, type OverlayPlan, type Route } from './plan.ts';

/** What brings the machine from what is observed to the plan: lines for `ip -batch` and, after them, `bridge -batch`. */
export interface Repair {
  ip: string[];
  bridge: string[];
}

type Vxlan = NonNullable<OverlayPlan['vxlan']>;

/** Nothing at all when everything is as it should be. Routes that are not ours are never touched. */
export function repairOverlay(plan: OverlayPlan, observed: ObservedOverlay): Repair {
  const link = plan.vxlan ? repairLink(plan.vxlan, observed) : removal(observed);
  // A new device has neither neighbours nor routes, whatever was read of the old one.
  const before: ObservedOverlay = link.renewed
    ? { ...observed, neighbours: new Map(), forwarding: new Map(), routes: withoutDevice(observed) }
    : observed;
  const tables = plan.vxlan ? repairTables(plan.vxlan, before) : { ip: [], bridge: [] };
  return { ip: [...link.ip, ...tables.ip, ...repairRoutes(plan.routes, before)], bridge: tables.bridge };
}

function removal({ vxlan }: ObservedOverlay): { ip: string[]; renewed: boolean } {
  return vxlan ? { ip: [`link delete ${VXLAN_DEVICE}`], renewed: true } : { ip: [], renewed: false };
}

function repairLink(wanted: Vxlan, { vxlan }: ObservedOverlay): { ip: string[]; renewed: boolean } {
  // These cannot be changed on a device that is there.
  const same =
    vxlan?.local === wanted.local &&
    vxlan.device === wanted.device &&
    vxlan.mac === wanted.mac &&
    vxlan.port === VXLAN_PORT;
  const address = `address replace ${wanted.inner}/32 dev ${VXLAN_DEVICE}`;
  const up = `link set ${VXLAN_DEVICE} mtu ${wanted.mtu} up`;
  if (same) return { ip: vxlan.mtu === wanted.mtu && vxlan.up ? [] : [address, up], renewed: false };
  return { ip: [...(vxlan ? [`link delete ${VXLAN_DEVICE}`] : []), vxlanLink(wanted), address, up], renewed: true };
}

function repairTables(wanted: Vxlan, observed: ObservedOverlay): Repair {
  const inner = new Map(wanted.neighbours.map((neighbour) => [neighbour.inner, neighbour]));
  const macs = new Map(wanted.neighbours.map((neighbour) => [neighbour.mac, neighbour]));
  return {
    ip: [
      ...[...observed.neighbours.keys()]
        .filter((address) => !inner.has(address))
        .map((address) => `neigh delete ${address} dev ${VXLAN_DEVICE}`),
      ...wanted.neighbours
        .filter((neighbour) => observed.neighbours.get(neighbour.inner) !== neighbour.mac)
        .map(({ inner: to, mac }) => `neigh replace ${to} lladdr ${mac} dev ${VXLAN_DEVICE} nud permanent`),
    ],
    bridge: [
      ...[...observed.forwarding]
        .filter(([mac]) => !macs.has(mac))
        .map(([mac, address]) => `fdb delete ${mac} dev ${VXLAN_DEVICE} dst ${address} self`),
      ...wanted.neighbours
        .filter(({ mac, address }) => observed.forwarding.get(mac) !== address)
        .map(({ mac, address }) => `fdb replace ${mac} dev ${VXLAN_DEVICE} dst ${address} self permanent`),
    ],
  };
}

function repairRoutes(wanted: readonly Route[], { routes }: ObservedOverlay): string[] {
  const ranges = new Set(wanted.map(({ podCidr }) => podCidr));
  return [
    ...[...routes.keys()]
      .filter((range) => !ranges.has(range))
      .map((range) => `route delete ${range} proto ${ROUTE_PROTOCOL}`),
    ...wanted.filter((route) => !isInPlace(route, routes.get(route.podCidr))).map(routeLine),
  ];
}

function isInPlace(route: Route, found: { via?: string; device?: string; mtu?: number } | undefined): boolean {
  if (!found || found.via !== route.via || found.mtu !== route.mtu) return false;
  return route.device === undefined || found.device === route.device;
}

function routeLine({ podCidr, via, device, mtu }: Route): string {
  const hop = via === undefined ? 'scope link' : `via ${via}`;
  // The next hop behind a tunnel is in no network of the machine's: it is told that it is on the link.
  const on = device === undefined ? '' : ` dev ${device}${via === undefined ? '' : ' onlink'}`;
  return `route replace ${podCidr} ${hop}${on} proto ${ROUTE_PROTOCOL}${mtu === undefined ? '' : ` mtu ${mtu}`}`;
}

const withoutDevice = ({ routes }: ObservedOverlay): ObservedOverlay['routes'] =>
  new Map([...routes].filter(([, { device }]) => device !== VXLAN_DEVICE));
