import type { Service } from '../../../../shared/api/kinds.ts';

type Spec = Partial<NonNullable<Service['spec']>>;

export const hasNodePorts = ({ type }: Spec): boolean => type === 'NodePort' || type === 'LoadBalancer';

/** Whether ports are given to it that nobody asked for by number (shouldAllocateNodePorts). */
export const wantsNodePorts = ({ type, allocateLoadBalancerNodePorts }: Spec): boolean =>
  type === 'NodePort' || (type === 'LoadBalancer' && allocateLoadBalancerNodePorts !== false);

/** Whether load balancers ask it which nodes have endpoints (service helper NeedsHealthCheck). */
export const needsHealthCheck = ({ type, externalTrafficPolicy }: Spec): boolean =>
  type === 'LoadBalancer' && externalTrafficPolicy === 'Local';

/** Every port of the machines that a Service has, each once. */
export function portsHeld(spec: Spec | undefined): Set<number> {
  if (!spec) return new Set();
  const own = hasNodePorts(spec) ? (spec.ports ?? []).map(({ nodePort = 0 }) => nodePort) : [];
  const check = needsHealthCheck(spec) ? [spec.healthCheckNodePort ?? 0] : [];
  return new Set([...own, ...check].filter((port) => port !== 0));
}

/** The address that a Service has of the cluster's range; undefined for one that has none, or not yet. */
export function addressHeld(spec: Spec | undefined): string | undefined {
  if (!spec || spec.type === 'ExternalName') return undefined;
  const ip = spec.clusterIPs?.[0] ?? spec.clusterIP;
  return ip && ip !== 'None' ? ip : undefined;
}
