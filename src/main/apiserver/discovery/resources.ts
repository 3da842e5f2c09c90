import { apiVersionOf } from '../../../shared/api/kinds.ts';
import type { GroupVersion } from '../../resources/catalog.ts';
import type { KindDefinition } from '../../resources/definition.ts';
import { compareVersions } from '../../resources/version-order.ts';

/** A group's versions in order of preference, each with its kinds. */
export interface ApiGroup {
  name: string;
  versions: {
    version: string;
    kinds: KindDefinition[];
    /** Another server would have to be asked, which cannot be. */
    unavailable?: boolean;
  }[];
}

/** Every verb a stored kind has; upstream lists them in this order. */
const STORED_VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
/** What can be done with a kind's objects. */
export const verbsOf = (kind: KindDefinition): readonly string[] => kind.verbs ?? STORED_VERBS;

const READ_WRITE = ['get', 'patch', 'update'];

export interface Subresource {
  name: string;
  kind: { group: string; version: string; kind: string };
  verbs: readonly string[];
}

/** All subresources of a kind, by name: status, scale and the ones it declares. */
export function subresourcesOf(kind: KindDefinition): Subresource[] {
  const { group, version, kind: name } = kind.type;
  const all = new Map<string, Subresource>();
  for (const declared of kind.subresources) all.set(declared.name, declared);
  if (kind.hasStatus && !all.has('status'))
    all.set('status', { name: 'status', kind: { group, version, kind: name }, verbs: READ_WRITE });
  if (kind.scale && !all.has('scale'))
    all.set('scale', {
      name: 'scale',
      kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
      verbs: READ_WRITE,
    });
  return [...all.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The groups of the kinds, core first, then by name; their versions with the preferred one first. */
export function groupsOf(kinds: readonly KindDefinition[], unavailable: readonly GroupVersion[] = []): ApiGroup[] {
  const groups = new Map<string, ApiGroup>();
  for (const kind of kinds) {
    const { group: name, version } = kind.type;
    const group = groups.get(name) ?? { name, versions: [] };
    groups.set(name, group);
    const found = group.versions.find((entry) => entry.version === version);
    if (found) found.kinds.push(kind);
    else group.versions.push({ version, kinds: [kind] });
  }
  for (const { group: name, version } of unavailable) {
    const group = groups.get(name) ?? { name, versions: [] };
    groups.set(name, group);
    if (!group.versions.some((entry) => entry.version === version))
      group.versions.push({ version, kinds: [], unavailable: true });
  }
  for (const group of groups.values()) group.versions.sort((a, b) => compareVersions(a.version, b.version));
  return [...groups.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** `{groupVersion: 'apps/v1', version: 'v1'}` */
export const groupVersionOf = (group: string, version: string): { groupVersion: string; version: string } => ({
  groupVersion: apiVersionOf({ group, version }),
  version,
});
