import { isIPv4 } from 'node:net';
import type { EndpointSlice } from '../../shared/api/kinds.ts';

/** One address and port behind a Service's port (pkg/proxy/endpoint.go). */
export interface Endpoint {
  readonly ip: string;
  readonly port: number;
  readonly local: boolean;
  /** Takes new connections: ready, and not on its way out. */
  readonly ready: boolean;
  /** Would answer, whether on its way out or not. */
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly zoneHints: readonly string[];
  readonly nodeHints: readonly string[];
}

const SERVICE_LABEL = 'kubernetes.io/service-name';

/** `namespace/name` of the Service a slice belongs to; undefined when it says none. */
export function serviceOf(slice: EndpointSlice): string | undefined {
  const name = slice.metadata?.labels?.[SERVICE_LABEL];
  return name ? `${slice.metadata?.namespace ?? ''}/${name}` : undefined;
}

/**
 * Endpoints of all slices of one Service, by `protocol/port name`, sorted by address so that the same endpoints always
 * make the same rules. An address that is in two slices while it moves from one to the other counts once; the
 * one that can take connections wins (endpointslicecache.go).
 */
export function endpointsByPort(slices: readonly EndpointSlice[], nodeName: string): Map<string, Endpoint[]> {
  const found = new Map<string, Map<string, Endpoint>>();
  for (const slice of slices) {
    if (slice.addressType !== 'IPv4') continue;
    for (const { name = '', protocol = 'TCP', port } of slice.ports ?? []) {
      if (!port) continue;
      const key = `${protocol.toLowerCase()}/${name}`;
      const byAddress = found.get(key) ?? new Map<string, Endpoint>();
      found.set(key, byAddress);
      for (const item of slice.endpoints ?? []) {
        // The first address stands for the endpoint; more than one was never given a meaning.
        const ip = item.addresses?.[0] ?? '';
        if (!isIPv4(ip)) continue;
        const endpoint = endpointOf(item, ip, port, nodeName);
        const other = byAddress.get(`${ip}:${port}`);
        if (!other || rank(endpoint) > rank(other)) byAddress.set(`${ip}:${port}`, endpoint);
      }
    }
  }
  const byIp = (a: Endpoint, b: Endpoint): number => (a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : a.port - b.port);
  return new Map([...found].map(([key, byAddress]) => [key, [...byAddress.values()].sort(byIp)]));
}

const rank = ({ ready, serving }: Endpoint): number => (ready ? 2 : serving ? 1 : 0);

function endpointOf(
  item: NonNullable<EndpointSlice['endpoints']>[number],
  ip: string,
  port: number,
  nodeName: string,
): Endpoint {
  const { conditions = {}, hints } = item;
  // An absent condition means yes, save that nobody is terminating unsaid (discovery/v1 EndpointConditions).
  const ready = conditions.ready ?? true;
  return {
    ip,
    port,
    local: item.nodeName === nodeName,
    ready,
    serving: conditions.serving ?? ready,
    terminating: conditions.terminating ?? false,
    zoneHints: (hints?.forZones ?? []).map(({ name }) => name ?? ''),
    nodeHints: (hints?.forNodes ?? []).map(({ name }) => name ?? ''),
  };
}
