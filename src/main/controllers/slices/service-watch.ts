import type { Pod, Service } from '../../../shared/api/kinds.ts';
import { keyOf } from '../../../shared/api/meta.ts';
import type { Change, Informer } from '../../../shared/client/informer.ts';
import { endpointsDiffer, isSelecting } from './pod-endpoints.ts';

export const NAMESPACE_INDEX = 'namespace';
export const namespaceIndexer = ({ metadata }: Service | Pod): string[] => [metadata?.namespace ?? ''];

/** Whether a Service's selector selects these labels. */
export function selects({ spec }: Service, labels: Readonly<Record<string, string>> | undefined): boolean {
  return Object.entries(spec?.selector ?? {}).every(([key, value]) => labels?.[key] === value);
}

/** Keys of the Services whose endpoints a change of a pod may change. */
export function servicesOfPod(services: Informer<Service>, change: Change<Pod>): string[] {
  const { object: pod } = change;
  const old = change.type === 'updated' ? change.old : undefined;
  if (old && !endpointsDiffer(old, pod)) return [];
  return services
    .byIndex(NAMESPACE_INDEX, pod.metadata?.namespace ?? '')
    .filter((service) => isSelecting(service))
    .filter((service) => selects(service, pod.metadata?.labels) || (old && selects(service, old.metadata?.labels)))
    .map(keyOf);
}

/** The pods that a Service selects. */
export function podsOfService(pods: Informer<Pod>, service: Service): Pod[] {
  return pods
    .byIndex(NAMESPACE_INDEX, service.metadata?.namespace ?? '')
    .filter((pod) => selects(service, pod.metadata?.labels));
}
