import type { Endpoints, Pod, Service } from '../../../shared/api/kinds.ts';
import { nameOf } from '../../../shared/api/meta.ts';
import { isPodReady } from '../runtime/pod-state.ts';
import { hostnameIn, isEndpoint, isHeadless, podIp, publishesNotReady, targetPort } from '../slices/pod-endpoints.ts';

type Subset = NonNullable<Endpoints['subsets']>[number];
type Address = NonNullable<Subset['addresses']>[number];
type Port = NonNullable<Subset['ports']>[number];

/** An Endpoints object holds no more (endpoints_controller.go maxCapacity); the rest is left out, and that is said. */
export const MOST_ADDRESSES = 1000;

/** The subsets of a Service: pods that are reached at the same ports together, ready ones apart from others. */
export function subsetsOf(service: Service, pods: readonly Pod[]): Subset[] {
  const unready = publishesNotReady(service);
  const bySubset = new Map<string, { ports: Port[]; ready: Address[]; notReady: Address[] }>();
  for (const pod of pods) {
    if (!isEndpoint(pod, { terminating: unready })) continue;
    const ports = portsOf(service, pod);
    if (!ports) continue;
    const key = JSON.stringify(ports);
    const subset = bySubset.get(key) ?? { ports, ready: [], notReady: [] };
    bySubset.set(key, subset);
    (unready || isPodReady(pod) ? subset.ready : subset.notReady).push(addressOf(service, pod));
  }
  return [...bySubset]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { ports, ready, notReady }]) => ({
      ...(ready.length > 0 ? { addresses: ready.sort(byIp) } : {}),
      ...(notReady.length > 0 ? { notReadyAddresses: notReady.sort(byIp) } : {}),
      ...(ports.length > 0 ? { ports } : {}),
    }));
}

/** As many addresses as an object holds, ready ones first; undefined when all fit (truncateEndpoints). */
export function truncated(subsets: readonly Subset[]): Subset[] | undefined {
  const count = (list: readonly Address[] | undefined): number => list?.length ?? 0;
  const total = subsets.reduce(
    (sum, { addresses, notReadyAddresses }) => sum + count(addresses) + count(notReadyAddresses),
    0,
  );
  if (total <= MOST_ADDRESSES) return undefined;
  let room = MOST_ADDRESSES;
  const take = (list: readonly Address[] | undefined): Address[] => {
    const taken = (list ?? []).slice(0, room);
    room -= taken.length;
    return taken;
  };
  const ready = subsets.map(({ addresses }) => take(addresses));
  const notReady = subsets.map(({ notReadyAddresses }) => take(notReadyAddresses));
  return subsets.flatMap(({ ports }, index): Subset[] => {
    const addresses = ready[index] ?? [];
    const notReadyAddresses = notReady[index] ?? [];
    if (addresses.length + notReadyAddresses.length === 0) return [];
    return [
      {
        ...(addresses.length > 0 ? { addresses } : {}),
        ...(notReadyAddresses.length > 0 ? { notReadyAddresses } : {}),
        ...(ports ? { ports } : {}),
      },
    ];
  });
}

const byIp = (a: Address, b: Address): number => (a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : 0);

/** undefined: the pod has none of the Service's ports. */
function portsOf(service: Service, pod: Pod): Port[] | undefined {
  const wanted = service.spec?.ports ?? [];
  if (wanted.length === 0) return isHeadless(service) ? [] : undefined;
  const ports = wanted.flatMap((each): Port[] => {
    const port = targetPort(pod, each);
    if (port === undefined) return [];
    const { name, protocol = 'TCP', appProtocol } = each;
    return [{ ...(name ? { name } : {}), port, protocol, ...(appProtocol ? { appProtocol } : {}) }];
  });
  return ports.length > 0 ? ports : undefined;
}

function addressOf(service: Service, pod: Pod): Address {
  const hostname = hostnameIn(service, pod);
  const { nodeName } = pod.spec ?? {};
  return {
    ip: podIp(pod) ?? '',
    ...(hostname ? { hostname } : {}),
    ...(nodeName ? { nodeName } : {}),
    targetRef: {
      kind: 'Pod',
      namespace: pod.metadata?.namespace ?? '',
      name: nameOf(pod),
      uid: pod.metadata?.uid ?? '',
    },
  };
}
