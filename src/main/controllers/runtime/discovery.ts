import { messageOf } from '../../../shared/api/errors.ts';
import type { ResourceType } from '../../../shared/api/kinds.ts';
import type { ApiClient } from '../../../shared/client/api-client.ts';

interface ApiResourceList {
  resources: { name: string; kind: string; namespaced: boolean; verbs: string[] }[];
}

export interface Discovered {
  types: ResourceType[];
  /** Group versions that could not be read, with why. What they hold is unknown, which is not the same as nothing. */
  failures: { groupVersion: string; message: string }[];
}

/** Every kind the server has whose objects can be listed, watched and deleted; no subresources. */
export async function discover(client: ApiClient): Promise<Discovered> {
  const groups = await client.transport.request<{ groups: { preferredVersion: { groupVersion: string } }[] }>({
    method: 'GET',
    path: '/apis',
  });
  const found: Discovered = { types: [], failures: [] };
  for (const groupVersion of ['v1', ...groups.groups.map((group) => group.preferredVersion.groupVersion)]) {
    try {
      found.types.push(...(await resourcesOf(client, groupVersion)));
    } catch (error) {
      found.failures.push({ groupVersion, message: messageOf(error) });
    }
  }
  return found;
}

async function resourcesOf(client: ApiClient, groupVersion: string): Promise<ResourceType[]> {
  const [first = '', second] = groupVersion.split('/');
  const [group, version] = second === undefined ? ['', first] : [first, second];
  const path = second === undefined ? `/api/${groupVersion}` : `/apis/${groupVersion}`;
  const { resources } = await client.transport.request<ApiResourceList>({ method: 'GET', path });
  return resources
    .filter(
      ({ name, verbs }) => !name.includes('/') && ['list', 'watch', 'delete'].every((verb) => verbs.includes(verb)),
    )
    .map(({ name, kind, namespaced }) => ({ group, version, kind, plural: name, namespaced }));
}
