import type { EndpointSlice, Service } from '../../shared/api/kinds.ts';
import type { ProxyNode } from './render.ts';

type ServiceSpec = NonNullable<Service['spec']>;
type SliceEndpoint = NonNullable<EndpointSlice['endpoints']>[number];

/** A Service `default/web` at 10.96.0.80, port 80 to `http`. */
export function aService(spec: Partial<ServiceSpec> = {}, name = 'web', namespace = 'default'): Service {
  return {
    metadata: { name, namespace },
    spec: {
      type: 'ClusterIP',
      clusterIP: '10.96.0.80',
      clusterIPs: [spec.clusterIP ?? '10.96.0.80'],
      internalTrafficPolicy: 'Cluster',
      sessionAffinity: 'None',
      ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 8080 }],
      ...spec,
    },
  };
}

/** One ready endpoint on this node (`a`), or on another. */
export function anEndpoint(ip: string, nodeName = 'a', more: Partial<SliceEndpoint> = {}): SliceEndpoint {
  return { addresses: [ip], nodeName, conditions: { ready: true, serving: true, terminating: false }, ...more };
}

/** Its slice, with port `http` 8080. */
export function aSlice(
  endpoints: SliceEndpoint[],
  more: Partial<EndpointSlice> = {},
  service = 'web',
  namespace = 'default',
): EndpointSlice {
  return {
    metadata: { name: `${service}-x`, namespace, labels: { 'kubernetes.io/service-name': service } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints,
    ...more,
  };
}

export const NODE: ProxyNode = { name: 'a', zone: undefined, nodeLocal: new Map() };
