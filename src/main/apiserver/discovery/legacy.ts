import { apiVersionOf } from '../../../shared/api/kinds.ts';
import type { KindDefinition } from '../../resources/definition.ts';
import { groupVersionOf, subresourcesOf, verbsOf, type ApiGroup } from './resources.ts';

/** GET /api: APIVersions. */
export function apiVersions(core: ApiGroup | undefined, serverAddress: string): object {
  return {
    kind: 'APIVersions',
    versions: core?.versions.map(({ version }) => version) ?? [],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
  };
}

/** One group as in an APIGroupList; standing alone it has a kind and apiVersion of its own. */
export function apiGroup(group: ApiGroup, alone: boolean): object {
  const versions = group.versions.map(({ version }) => groupVersionOf(group.name, version));
  return {
    ...(alone ? { kind: 'APIGroup', apiVersion: 'v1' } : {}),
    name: group.name,
    versions,
    preferredVersion: versions[0],
  };
}

/** GET /apis: APIGroupList. */
export function apiGroupList(groups: readonly ApiGroup[]): object {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map((group) => apiGroup(group, false)) };
}

/** GET /api/v1 and /apis/GROUP/VERSION: APIResourceList. */
export function apiResourceList(group: string, version: string, kinds: readonly KindDefinition[]): object {
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf({ group, version }),
    resources: kinds.flatMap((kind) => [
      {
        name: kind.type.plural,
        singularName: kind.singular,
        namespaced: kind.type.namespaced,
        kind: kind.type.kind,
        verbs: verbsOf(kind),
        ...(kind.shortNames.length > 0 ? { shortNames: kind.shortNames } : {}),
        ...(kind.categories.length > 0 ? { categories: kind.categories } : {}),
      },
      ...subresourcesOf(kind).map((subresource) => ({
        name: `${kind.type.plural}/${subresource.name}`,
        singularName: '',
        namespaced: kind.type.namespaced,
        ...(subresource.kind.group === group && subresource.kind.version === version
          ? {}
          : { group: subresource.kind.group, version: subresource.kind.version }),
        kind: subresource.kind.kind,
        verbs: subresource.verbs,
      })),
    ]),
  };
}
