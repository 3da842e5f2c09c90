import { subresourcesOf, verbsOf, type ApiGroup } from './resources.ts';

export type AggregatedVersion = 'v2' | 'v2beta1';

/** The version of aggregated discovery an Accept header asks for, or undefined for the old form. */
export function aggregatedVersionOf(accept: string): AggregatedVersion | undefined {
  for (const part of accept.split(',')) {
    const parameters = new Set(part.split(';').map((piece) => piece.trim()));
    if (!parameters.has('g=apidiscovery.k8s.io') || !parameters.has('as=APIGroupDiscoveryList')) continue;
    if (parameters.has('v=v2')) return 'v2';
    if (parameters.has('v=v2beta1')) return 'v2beta1';
  }
  return undefined;
}

/** kubectl takes the answer only under exactly this type. */
export const aggregatedContentType = (version: AggregatedVersion): string =>
  `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;

/** Everything about some groups in one document (apidiscovery.k8s.io APIGroupDiscoveryList). */
export function aggregatedDiscovery(groups: readonly ApiGroup[], version: AggregatedVersion): object {
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map((group) => ({
      metadata: { ...(group.name ? { name: group.name } : {}), creationTimestamp: null },
      versions: group.versions.map((entry) => ({
        version: entry.version,
        resources: entry.kinds.map((kind) => ({
          resource: kind.type.plural,
          responseKind: { group: kind.type.group, version: kind.type.version, kind: kind.type.kind },
          scope: kind.type.namespaced ? 'Namespaced' : 'Cluster',
          singularResource: kind.singular,
          verbs: verbsOf(kind),
          ...(kind.shortNames.length > 0 ? { shortNames: kind.shortNames } : {}),
          ...(kind.categories.length > 0 ? { categories: kind.categories } : {}),
          subresources: subresourcesOf(kind).map((subresource) => ({
            subresource: subresource.name,
            responseKind: subresource.kind,
            verbs: subresource.verbs,
          })),
        })),
        freshness: entry.unavailable ? 'Stale' : 'Current',
      })),
    })),
  };
}
