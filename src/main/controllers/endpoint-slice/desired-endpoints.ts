import type { Node, Pod, Service } from '../../../shared/api/kinds.ts';
import { nameOf } from '../../../shared/api/meta.ts';
import { isPodReady } from '../runtime/pod-state.ts';
import { hostnameIn, isEndpoint, isHeadless, podIp, publishesNotReady, targetPort } from '../slices/pod-endpoints.ts';
import { portKey, type EndpointGroup, type SliceEndpoint, type SlicePort } from '../slices/slice-plan.ts';

const ZONE_LABEL = 'topology.kubernetes.io/zone';

/**
 * The endpoints that a Service should have, by ports: a named target port may be another number in every pod
 * (endpointslice reconciler.go desiredEndpoints…). `nodeOf` knows zones; a pod on a node that is not there (any more)
 * is left out.
 */
export function desiredEndpoints(
  service: Service,
  pods: readonly Pod[],
  nodeOf: (name: string) => Node | undefined,
): EndpointGroup[] {
  const groups = new Map<string, EndpointGroup>();
  for (const pod of pods) {
    if (!isEndpoint(pod, { terminating: true })) continue;
    const node = nodeOf(pod.spec?.nodeName ?? '');
    if (!node && !publishesNotReady(service)) continue;
    const ports = portsOf(service, pod);
    if (!ports) continue;
    const key = portKey(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    group.endpoints.push(endpointOf(service, pod, node));
    groups.set(key, group);
  }
  return [...groups.values()].map((group) => ({ ...group, endpoints: withHints(service, group.endpoints) }));
}

/** undefined: the pod has none of the Service's ports. A headless Service may have no ports at all. */
function portsOf(service: Service, pod: Pod): SlicePort[] | undefined {
  const wanted = service.spec?.ports ?? [];
  if (wanted.length === 0) return isHeadless(service) ? [] : undefined;
  return wanted.flatMap((each): SlicePort[] => {
    const port = targetPort(pod, each);
    if (port === undefined) return [];
    const { name = '', protocol = 'TCP', appProtocol } = each;
    return [{ name, port, protocol, ...(appProtocol ? { appProtocol } : {}) }];
  });
}

function endpointOf(service: Service, pod: Pod, node: Node | undefined): SliceEndpoint {
  const serving = isPodReady(pod);
  const terminating = pod.metadata?.deletionTimestamp !== undefined;
  const { nodeName } = pod.spec ?? {};
  const zone = node?.metadata?.labels?.[ZONE_LABEL];
  const hostname = hostnameIn(service, pod);
  return {
    addresses: [podIp(pod) ?? ''],
    conditions: { ready: publishesNotReady(service) || (serving && !terminating), serving, terminating },
    ...(hostname ? { hostname } : {}),
    ...(nodeName ? { nodeName } : {}),
    targetRef: {
      kind: 'Pod',
      name: nameOf(pod),
      namespace: pod.metadata?.namespace ?? '',
      uid: pod.metadata?.uid ?? '',
    },
    ...(zone ? { zone } : {}),
  };
}

/** Whom each endpoint is for, where the Service asks that traffic stays close (endpointslice/trafficdist). */
function withHints(service: Service, endpoints: SliceEndpoint[]): SliceEndpoint[] {
  const wish = service.spec?.trafficDistribution;
  if (wish !== 'PreferClose' && wish !== 'PreferSameZone' && wish !== 'PreferSameNode') return endpoints;
  return endpoints.map((endpoint) => {
    const { zone, nodeName, conditions } = endpoint;
    if (conditions?.ready === false) return endpoint;
    const forZones = zone ? { forZones: [{ name: zone }] } : {};
    const forNodes = wish === 'PreferSameNode' && nodeName ? { forNodes: [{ name: nodeName }] } : {};
    const hints = { ...forZones, ...forNodes };
    return Object.keys(hints).length > 0 ? { ...endpoint, hints } : endpoint;
  });
}
