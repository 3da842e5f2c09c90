import { VXLAN_DEVICE } from './plan.ts';

/** What of the overlay is in place on the machine. */
export interface ObservedOverlay {
  vxlan?: { local: string; device: string; mac: string; mtu: number; port: number; up: boolean };
  /** Inner address → hardware address. */
  neighbours: Map<string, string>;
  /** Hardware address → the machine behind it. */
  forwarding: Map<string, string>;
  /** Our routes as `DESTINATION`, with `via`, device and mtu. */
  routes: Map<string, { via?: string; device?: string; mtu?: number }>;
}

interface LinkJson {
  ifname?: string;
  address?: string;
  mtu?: number;
  flags?: string[];
  link?: string;
  linkinfo?: { info_kind?: string; info_data?: { local?: string; link?: string; port?: number } };
}
interface NeighbourJson {
  dst?: string;
  lladdr?: string;
  state?: string[];
}
interface ForwardingJson {
  mac?: string;
  dst?: string;
  state?: string;
}
interface RouteJson {
  dst?: string;
  gateway?: string;
  dev?: string;
  metrics?: { mtu?: number }[];
}

/** Reads the JSON of `ip -j -d link show`, `ip -j neigh`, `bridge -j fdb` and `ip -j route show proto …`. */
export function observedOverlay(texts: {
  links: string;
  neighbours: string;
  forwarding: string;
  routes: string;
}): ObservedOverlay {
  const link = parse<LinkJson>(texts.links).find(({ ifname }) => ifname === VXLAN_DEVICE);
  const data = link?.linkinfo?.info_data;
  return {
    ...(link && link.linkinfo?.info_kind === 'vxlan'
      ? {
          vxlan: {
            local: data?.local ?? '',
            device: data?.link ?? link.link ?? '',
            mac: link.address ?? '',
            mtu: link.mtu ?? 0,
            port: data?.port ?? 0,
            up: link.flags?.includes('UP') ?? false,
          },
        }
      : {}),
    neighbours: new Map(
      parse<NeighbourJson>(texts.neighbours)
        .filter(({ state }) => state?.includes('PERMANENT'))
        .map(({ dst = '', lladdr = '' }) => [dst, lladdr]),
    ),
    forwarding: new Map(
      parse<ForwardingJson>(texts.forwarding)
        .filter(({ dst, mac }) => dst !== undefined && mac !== '00:00:00:00:00:00')
        .map(({ mac = '', dst = '' }) => [mac, dst]),
    ),
    routes: new Map(
      parse<RouteJson>(texts.routes).map(({ dst = '', gateway, dev, metrics }) => {
        const mtu = metrics?.find((metric) => metric.mtu !== undefined)?.mtu;
        return [
          dst,
          {
            ...(gateway === undefined ? {} : { via: gateway }),
            ...(dev === undefined ? {} : { device: dev }),
            ...(mtu === undefined ? {} : { mtu }),
          },
        ];
      }),
    ),
  };
}

/** `ip -j` prints nothing at all, or `[{}]`, where there is nothing. */
const parse = <T>(text: string): T[] => (text.trim() === '' ? [] : (JSON.parse(text) as T[]));
