import type { EndpointSlice, Service } from '../../shared/api/kinds.ts';
import type { ObjectMirror } from '../state/object-mirror.ts';
import type { ClusterView } from './zone.ts';

/** Indexes that a mirror of Services needs for a view. */
export const SERVICE_INDEXERS = {
  namespace: ({ metadata }: Service): string[] => [metadata?.namespace ?? ''],
  ip: ({ spec }: Service): string[] => spec?.clusterIPs ?? [],
};

/** Indexes that a mirror of EndpointSlices needs for a view. */
export const SLICE_INDEXERS = {
  service: ({ metadata }: EndpointSlice): string[] => {
    const name = metadata?.labels?.['kubernetes.io/service-name'];
    return name ? [`${metadata?.namespace ?? ''}/${name}`] : [];
  },
  ip: ({ endpoints = [] }: EndpointSlice): string[] => [
    ...new Set(endpoints.flatMap(({ addresses = [] }) => addresses)),
  ],
};

/** What is mirrored of the cluster, as names are answered from. */
export function mirrorView(
  services: Pick<ObjectMirror<Service>, 'get' | 'byIndex'>,
  slices: Pick<ObjectMirror<EndpointSlice>, 'byIndex'>,
): ClusterView {
  return {
    service: (namespace, name) => services.get(`${namespace}/${name}`),
    slices: (namespace, name) => slices.byIndex('service', `${namespace}/${name}`),
    hasNamespace: (namespace) => services.byIndex('namespace', namespace).length > 0,
    servicesAt: (ip) => services.byIndex('ip', ip),
    slicesAt: (ip) => slices.byIndex('ip', ip),
  };
}
