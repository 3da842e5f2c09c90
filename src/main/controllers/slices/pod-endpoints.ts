import { isIPv4 } from 'node:net';
import type { Pod, Service } from '../../../shared/api/kinds.ts';
import { isPodReady } from '../runtime/pod-state.ts';

export type ServicePort = NonNullable<NonNullable<Service['spec']>['ports']>[number];

/** A pod's own address; undefined while it has none. */
export function podIp({ status }: Pod): string | undefined {
  const all = [status?.podIP ?? '', ...(status?.podIPs ?? []).map(({ ip }) => ip ?? '')];
  return all.find(isIPv4);
}

/** Whether a pod is behind Services at all (endpointslice util ShouldPodBeInEndpoints). */
export function isEndpoint(pod: Pod, options: { terminating: boolean }): boolean {
  const phase = pod.status?.phase;
  if (phase === 'Succeeded' || phase === 'Failed' || podIp(pod) === undefined) return false;
  return options.terminating || pod.metadata?.deletionTimestamp === undefined;
}

/** The number of a Service's target port in this pod; undefined where it has no port of that name (podutil.FindPort). */
export function targetPort(pod: Pod, { targetPort: target, port, protocol = 'TCP' }: ServicePort): number | undefined {
  if (typeof target === 'number') return target;
  if (target === undefined || target === '') return port;
  const sidecars = (pod.spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  for (const container of [...(pod.spec?.containers ?? []), ...sidecars]) {
    const found = container.ports?.find((each) => each.name === target && (each.protocol ?? 'TCP') === protocol);
    if (found) return found.containerPort;
  }
  return undefined;
}

/** The pod's host name, where it is a name in this Service's domain. */
export function hostnameIn(service: Service, { spec }: Pod): string | undefined {
  return spec?.hostname && spec.subdomain === service.metadata?.name ? spec.hostname : undefined;
}

export const isHeadless = ({ spec }: Service): boolean => spec?.clusterIP === 'None';

/** Whether pods that are not ready are given out as if they were. */
export function publishesNotReady({ spec, metadata }: Service): boolean {
  return (
    spec?.publishNotReadyAddresses === true ||
    metadata?.annotations?.['service.alpha.kubernetes.io/tolerate-unready-endpoints'] === 'true'
  );
}

/** Whether the endpoints of a Service are found by a selector, and are ours to keep. */
export const isSelecting = ({ spec }: Service): boolean =>
  spec?.type !== 'ExternalName' && Object.keys(spec?.selector ?? {}).length > 0;

/** Whether a change of a pod can change endpoints (podEndpointsChanged): most changes of a status cannot. */
export function endpointsDiffer(a: Pod, b: Pod): boolean {
  return fingerprint(a) !== fingerprint(b);
}

const fingerprint = (pod: Pod): string =>
  JSON.stringify([
    podIp(pod),
    pod.metadata?.deletionTimestamp !== undefined,
    isPodReady(pod),
    isEndpoint(pod, { terminating: true }),
    pod.spec?.nodeName,
    pod.spec?.hostname,
    pod.spec?.subdomain,
    Object.entries(pod.metadata?.labels ?? {}).sort(),
  ]);
