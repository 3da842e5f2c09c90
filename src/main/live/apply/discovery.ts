import { ApiError, isNotFound } from '../../../shared/api/errors.ts';
import type { ResourceType } from '../../../shared/api/kinds.ts';
import type { ApiClient } from '../../../shared/client/api-client.ts';

interface ResourceList {
  resources?: { name: string; kind: string; namespaced: boolean }[];
}

/** Finds where kinds live by asking the server, once for each group and version. */
export class Discovery {
  readonly #lists = new Map<string, Promise<ResourceList>>();

  constructor(private readonly client: ApiClient) {}

  /** Throws with kubectl's sentence when the server does not know the kind. */
  async find(apiVersion: string, kind: string): Promise<ResourceType> {
    const { resources = [] } = await this.#listOf(apiVersion);
    const found = resources.find((resource) => resource.kind === kind && !resource.name.includes('/'));
    if (!found) throw new ApiError(404, 'NotFound', `no matches for kind "${kind}" in version "${apiVersion}"`);
    const [version = '', group = ''] = apiVersion.split('/').reverse();
    return { group, version, kind, plural: found.name, namespaced: found.namespaced };
  }

  #listOf(apiVersion: string): Promise<ResourceList> {
    let list = this.#lists.get(apiVersion);
    if (!list) {
      const root = apiVersion.includes('/') ? 'apis' : 'api';
      const path = `/${root}/${apiVersion.split('/').map(encodeURIComponent).join('/')}`;
      list = this.client.transport.request<ResourceList>({ method: 'GET', path }).catch((error: unknown) => {
        // A group that is not served has no kinds.
        if (isNotFound(error)) return {};
        throw error;
      });
      this.#lists.set(apiVersion, list);
    }
    return list;
  }
}
