import type { Endpoints, EndpointSlice, Service, ServiceCIDR } from '../../../../shared/api/kinds.ts';
import { addressRange, toIp } from './number-range.ts';

/** Objects that every cluster has from its start. */
export interface ClusterServices {
  cidr: ServiceCIDR;
  services: readonly { service: Service; slice: EndpointSlice; endpoints: Endpoints }[];
}

const API_PORT = 6443;

/**
 * The range of Services, the API server at its first address, and DNS at its tenth. Both are answered for by every
 * node's own agent, so that their endpoints are their own addresses: those are what leads there from every pod.
 */
export function clusterServices(serviceCidr: string): ClusterServices {
  const { first } = addressRange(serviceCidr);
  return {
    cidr: {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'ServiceCIDR',
      metadata: { name: 'kubernetes' },
      spec: { cidrs: [serviceCidr] },
    },
    services: [
      withEndpoints('default', 'kubernetes', toIp(first), {
        labels: { component: 'apiserver', provider: 'kubernetes' },
        ports: [{ name: 'https', port: 443, targetPort: API_PORT, protocol: 'TCP' }],
      }),
      withEndpoints('kube-system', 'kube-dns', toIp(first + 9), {
        labels: {
          'k8s-app': 'kube-dns',
          'kubernetes.io/cluster-service': 'true',
          'kubernetes.io/name': 'CoreDNS',
        },
        ports: [
          { name: 'dns', port: 53, targetPort: 53, protocol: 'UDP' },
          { name: 'dns-tcp', port: 53, targetPort: 53, protocol: 'TCP' },
        ],
      }),
    ],
  };
}

interface PortShape {
  name: string;
  port: number;
  targetPort: number;
  protocol: string;
}

function withEndpoints(
  namespace: string,
  name: string,
  ip: string,
  { labels, ports }: { labels: Record<string, string>; ports: PortShape[] },
): ClusterServices['services'][number] {
  const endpointPorts = ports.map(({ name: port, targetPort, protocol }) => ({
    name: port,
    port: targetPort,
    protocol,
  }));
  return {
    service: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace, labels },
      spec: { type: 'ClusterIP', clusterIP: ip, clusterIPs: [ip], sessionAffinity: 'None', ports },
    },
    slice: {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name, namespace, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      ports: endpointPorts,
      endpoints: [{ addresses: [ip], conditions: { ready: true } }],
    },
    endpoints: {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name, namespace, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
      subsets: [{ addresses: [{ ip }], ports: endpointPorts }],
    },
  };
}
