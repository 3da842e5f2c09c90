import type { Service } from '../../../shared/api/kinds.ts';

type ServiceSpec = NonNullable<Service['spec']>;

/** How long a client stays with one pod. */
const AFFINITY_SECONDS = 10_800;

/** Defaults of a Service (core/v1 SetDefaults_Service). Changes its argument. */
export function setServiceDefaults({ spec }: Service): void {
  if (!spec) return;
  spec.sessionAffinity ||= 'None';
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === 'ClientIP') {
    spec.sessionAffinityConfig ??= {};
    spec.sessionAffinityConfig.clientIP ??= {};
    spec.sessionAffinityConfig.clientIP.timeoutSeconds ??= AFFINITY_SECONDS;
  }
  spec.type ||= 'ClusterIP';
  for (const port of spec.ports ?? []) {
    port.protocol ||= 'TCP';
    port.targetPort ||= port.port;
  }
  if (isExternallyAccessible(spec)) spec.externalTrafficPolicy ||= 'Cluster';
  if (spec.type !== 'ExternalName') spec.internalTrafficPolicy ??= 'Cluster';
  if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true;
  mirrorClusterIp(spec);
}

/** Whether traffic from outside may arrive (service helper ExternallyAccessible). */
export const isExternallyAccessible = (spec: Partial<ServiceSpec>): boolean =>
  spec.type === 'LoadBalancer' ||
  spec.type === 'NodePort' ||
  (spec.type === 'ClusterIP' && (spec.externalIPs?.length ?? 0) > 0);

/** `clusterIP` is the first of `clusterIPs`: who writes one gets both. */
function mirrorClusterIp(spec: ServiceSpec): void {
  if (spec.type === 'ExternalName') return;
  if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
}

/** What a PUT that leaves out what was allocated keeps (service strategy patchAllocatedValues). Changes `service`. */
export function keepAllocated(service: Service, old: Service): void {
  const { spec } = service;
  const before = old.spec;
  if (!spec || !before) return;
  if (needsClusterIp(spec) && needsClusterIp(before) && !spec.clusterIP && !spec.clusterIPs?.length) {
    if (before.clusterIP) spec.clusterIP = before.clusterIP;
    if (before.clusterIPs) spec.clusterIPs = [...before.clusterIPs];
  }
  if (needsClusterIp(spec) && needsClusterIp(before)) {
    if (before.ipFamilyPolicy) spec.ipFamilyPolicy ??= before.ipFamilyPolicy;
    if (!spec.ipFamilies?.length && before.ipFamilies) spec.ipFamilies = [...before.ipFamilies];
  }
  if (needsHealthCheck(spec) && needsHealthCheck(before) && !spec.healthCheckNodePort && before.healthCheckNodePort) {
    spec.healthCheckNodePort = before.healthCheckNodePort;
  }
  if (!needsNodePort(spec) || !needsNodePort(before)) return;
  for (const port of spec.ports ?? []) {
    if (port.nodePort) continue;
    const same = before.ports?.find((item) => item.port === port.port && item.protocol === port.protocol);
    if (same?.nodePort && !spec.ports?.some(({ nodePort }) => nodePort === same.nodePort))
      port.nodePort = same.nodePort;
  }
}

const needsClusterIp = ({ type }: ServiceSpec): boolean => type !== 'ExternalName';
const needsHealthCheck = ({ type, externalTrafficPolicy }: ServiceSpec): boolean =>
  type === 'LoadBalancer' && externalTrafficPolicy === 'Local';
const needsNodePort = ({ type }: ServiceSpec): boolean => type === 'NodePort' || type === 'LoadBalancer';
