import { isIPv4 } from 'node:net';
import type { Endpoints } from '../../../shared/api/kinds.ts';
import { portKey, type EndpointGroup, type SliceEndpoint, type SlicePort } from '../slices/slice-plan.ts';

type Subset = NonNullable<Endpoints['subsets']>[number];
type Address = NonNullable<Subset['addresses']>[number];

/** Upstream's --mirroring-max-endpoints-per-subset: more of one subset are left out. */
const MOST_PER_SUBSET = 1000;

/** What an Endpoints object says, as groups of endpoints (endpointslicemirroring/utils.go). */
export function mirroredEndpoints({ subsets = [] }: Endpoints): EndpointGroup[] {
  const groups = new Map<string, EndpointGroup & { seen: Set<string> }>();
  for (const subset of subsets) {
    const ports = (subset.ports ?? []).map(({ name = '', port, protocol = 'TCP', appProtocol }): SlicePort => {
      return { name, port, protocol, ...(appProtocol ? { appProtocol } : {}) };
    });
    const key = portKey(ports);
    const group = groups.get(key) ?? { ports, endpoints: [], seen: new Set<string>() };
    groups.set(key, group);
    const all = [
      ...(subset.addresses ?? []).map((address) => ({ address, ready: true })),
      ...(subset.notReadyAddresses ?? []).map((address) => ({ address, ready: false })),
    ];
    for (const { address, ready } of all.slice(0, MOST_PER_SUBSET)) {
      if (!isIPv4(address.ip) || group.seen.has(address.ip)) continue;
      group.seen.add(address.ip);
      group.endpoints.push(endpointOf(address, ready));
    }
  }
  return [...groups.values()]
    .filter(({ endpoints }) => endpoints.length > 0)
    .map(({ ports, endpoints }) => ({ ports, endpoints }));
}

function endpointOf({ ip, hostname, nodeName, targetRef }: Address, ready: boolean): SliceEndpoint {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname ? { hostname } : {}),
    ...(nodeName ? { nodeName } : {}),
    ...(targetRef ? { targetRef } : {}),
  };
}
