import { isIPv4 } from 'node:net';
import type { Service } from '../../shared/api/kinds.ts';
import { keyOf } from '../../shared/api/meta.ts';

export type Protocol = 'tcp' | 'udp' | 'sctp';

/** One port of a Service as the proxy sees it (pkg/proxy/serviceport.go). IPv4 only: pods have no other addresses. */
export interface ServicePort {
  /** `namespace/name` of the Service. */
  readonly service: string;
  /** `namespace/name/protocol/port name`; the last part is empty where the only port has no name. */
  readonly id: string;
  readonly name: string;
  readonly protocol: Protocol;
  readonly clusterIp: string;
  readonly port: number;
  /** 0: none. */
  readonly nodePort: number;
  readonly externalIps: readonly string[];
  readonly loadBalancerIps: readonly string[];
  /** Who may use `loadBalancerIps`; empty: everyone. */
  readonly sourceRanges: readonly string[];
  /** How long a client stays with one endpoint; undefined: it does not. */
  readonly affinitySeconds: number | undefined;
  /** internalTrafficPolicy and externalTrafficPolicy: only endpoints of this node. */
  readonly internalLocal: boolean;
  readonly externalLocal: boolean;
}

type ServiceSpec = NonNullable<Service['spec']>;

/** Whether the proxy has anything to do for it: neither ExternalName nor headless (proxyutil.ShouldSkipService). */
export const isProxied = ({ spec }: Service): boolean =>
  spec?.type !== 'ExternalName' && spec?.clusterIP !== undefined && spec.clusterIP !== 'None' && spec.clusterIP !== '';

/** Every port of a Service that is proxied; none of one that is not, or that another proxy was asked to do. */
export function servicePorts(service: Service): ServicePort[] {
  const { spec, status, metadata } = service;
  if (!spec || !isProxied(service) || metadata?.labels?.['service.kubernetes.io/service-proxy-name']) return [];
  const clusterIp = [spec.clusterIP ?? '', ...(spec.clusterIPs ?? [])].find(isIPv4);
  if (clusterIp === undefined) return [];
  const key = keyOf(service);
  const balanced = spec.type === 'LoadBalancer' ? (status?.loadBalancer?.ingress ?? []) : [];
  const common = {
    service: key,
    clusterIp,
    externalIps: (spec.externalIPs ?? []).filter(isIPv4),
    // `Proxy` says that the balancer rewrites the destination: the address is then not for us to catch.
    loadBalancerIps: balanced.flatMap(({ ip, ipMode }) => (ip && isIPv4(ip) && ipMode !== 'Proxy' ? [ip] : [])),
    sourceRanges: (spec.loadBalancerSourceRanges ?? []).map((range) => range.trim()).filter((r) => !r.includes(':')),
    affinitySeconds: affinityOf(spec),
    internalLocal: spec.internalTrafficPolicy === 'Local',
    externalLocal: spec.externalTrafficPolicy === 'Local',
  };
  return (spec.ports ?? []).map((port) => {
    const protocol = (port.protocol ?? 'TCP').toLowerCase() as Protocol;
    const name = port.name ?? '';
    return {
      ...common,
      id: `${key}/${protocol}/${name}`,
      name,
      protocol,
      port: port.port ?? 0,
      nodePort: port.nodePort ?? 0,
    };
  });
}

const affinityOf = (spec: ServiceSpec): number | undefined =>
  spec.sessionAffinity === 'ClientIP' ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10_800) : undefined;
