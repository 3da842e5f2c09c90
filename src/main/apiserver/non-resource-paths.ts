import { createHash } from 'node:crypto';
import { ApiError } from '../../shared/api/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import type { KindCatalog } from '../resources/catalog.ts';
import { pageNotFound, type Answer, type ApiCall } from './api-call.ts';
import {
  jsonWebKeys,
  JWKS_PATH,
  OPENID_CONFIGURATION_PATH,
  openIdConfiguration,
} from './auth/authn/issuer-discovery.ts';
import { aggregatedContentType, aggregatedDiscovery, aggregatedVersionOf } from './discovery/aggregated.ts';
import { apiGroup, apiGroupList, apiResourceList, apiVersions } from './discovery/legacy.ts';
import { groupsOf, type ApiGroup } from './discovery/resources.ts';
import { openApiAnswer } from './discovery/openapi.ts';
import { healthAnswer, type HealthCheck } from './health.ts';
import type { ServiceAccountKeys } from './pki/service-account-keys.ts';
import { versionInfo } from './version.ts';

const ROOT_PATHS = [
  OPENID_CONFIGURATION_PATH,
  '/api',
  '/apis',
  '/healthz',
  '/livez',
  '/metrics',
  '/openapi/v2',
  '/openapi/v3',
  JWKS_PATH,
  '/readyz',
  '/version',
];
const HEALTH = /^\/(healthz|livez|readyz)(\/|$)/;
/** What is answered for a group version that this server would have to ask another one about. */
const serviceUnavailable = (): ApiError =>
  new ApiError(503, 'ServiceUnavailable', 'the server is currently unable to handle the request');
const object = (value: object): Answer => ({ type: 'object', code: 200, value });
const text = (body: string, contentType = 'text/plain; charset=utf-8'): Answer => ({
  type: 'text',
  code: 200,
  contentType,
  text: body,
});

export interface NonResourceDeps {
  catalog: KindCatalog;
  /** `127.0.0.1:6443`, told in /api. */
  serverAddress(): string;
  /** What service account tokens are verified with. */
  tokenKeys: Pick<ServiceAccountKeys, 'jwks'>;
  /** The Prometheus text of /metrics. */
  metrics(): Promise<string>;
  /** What /healthz, /livez and /readyz go by. */
  health: readonly HealthCheck[];
  log: Logger;
}

/**
 * What the old form of discovery lists: it has no word for a group that cannot be asked, and clients that meet one (those
 * that empty namespaces) wait until it can be.
 */
const availableOf = (groups: readonly ApiGroup[]): ApiGroup[] =>
  groups
    .map((group) => ({ ...group, versions: group.versions.filter(({ unavailable }) => !unavailable) }))
    .filter(({ versions }) => versions.length > 0);

/** Everything that is not a resource: discovery, OpenAPI, version, health, metrics. */
export class NonResourcePaths {
  #known: { generation: number; groups: readonly ApiGroup[] } | undefined;

  constructor(private readonly deps: NonResourceDeps) {}

  get #groups(): readonly ApiGroup[] {
    const { catalog } = this.deps;
    if (this.#known?.generation !== catalog.generation)
      this.#known = { generation: catalog.generation, groups: groupsOf(catalog.kinds(), catalog.unavailable) };
    return this.#known.groups;
  }

  async answer(path: string, call: Pick<ApiCall, 'query'> & { accept?: string }): Promise<Answer> {
    if (HEALTH.test(path))
      return (await healthAnswer(path, call.query, this.deps.health, this.deps.log)) ?? pageNotFound();
    const accept = call.accept ?? '';
    switch (path) {
      case '/':
        return object({ paths: [...ROOT_PATHS, ...this.#groupPaths()].sort() });
      case '/version':
        return object(versionInfo());
      case '/metrics':
        return text(await this.deps.metrics(), 'text/plain; version=0.0.4; charset=utf-8');
      case OPENID_CONFIGURATION_PATH:
        return openIdConfiguration(this.deps.serverAddress());
      case JWKS_PATH:
        return jsonWebKeys(this.deps.tokenKeys);
      case '/api':
        return this.#discovery(
          accept,
          this.#groups.filter(({ name }) => name === ''),
          () =>
            apiVersions(
              this.#groups.find(({ name }) => name === ''),
              this.deps.serverAddress(),
            ),
        );
      case '/apis': {
        const named = this.#groups.filter(({ name }) => name !== '');
        return this.#discovery(accept, named, () => apiGroupList(availableOf(named)));
      }
      default:
        return path.startsWith('/openapi/')
          ? (openApiAnswer(this.deps.catalog, path, accept) ?? pageNotFound())
          : this.#group(path);
    }
  }

  #discovery(accept: string, groups: readonly ApiGroup[], legacy: () => object): Answer {
    const version = aggregatedVersionOf(accept);
    if (!version) return object(legacy());
    const document = JSON.stringify(aggregatedDiscovery(groups, version));
    const etag = createHash('sha256').update(document).digest('hex').toUpperCase();
    return { type: 'text', code: 200, contentType: aggregatedContentType(version), text: document, etag };
  }

  /** /api/v1, /apis/GROUP and /apis/GROUP/VERSION. */
  #group(path: string): Answer {
    const [root, ...parts] = path.slice(1).split('/');
    const [name, version] = root === 'api' ? ['', parts[0]] : [parts[0], parts[1]];
    const group = this.#groups.find((entry) => entry.name === name);
    if (!group || (root !== 'api' && root !== 'apis') || (root === 'apis' && name === '')) return pageNotFound();
    if (version === undefined) return object(apiGroup(group, true));
    const entry = group.versions.find((candidate) => candidate.version === version);
    if (entry?.unavailable) throw serviceUnavailable();
    return entry ? object(apiResourceList(group.name, version, entry.kinds)) : pageNotFound();
  }

  #groupPaths(): string[] {
    return this.#groups.flatMap(({ name, versions }) =>
      name === ''
        ? versions.map(({ version }) => `/api/${version}`)
        : [`/apis/${name}`, ...versions.map(({ version }) => `/apis/${name}/${version}`)],
    );
  }
}
