import type { KindCatalog } from '../../resources/catalog.ts';
import type { RequestLabels } from '../metrics.ts';
import type { RequestInfo } from '../request-info.ts';

const VERBS: ReadonlySet<string> = new Set([
  'get',
  'list',
  'watch',
  'create',
  'update',
  'patch',
  'delete',
  'deletecollection',
]);
const NONE: RequestLabels = { verb: 'get', group: '', version: '', resource: '', subresource: '', scope: '' };

/**
 * Labels from closed sets only: a kind that is served and a subresource it has, else nothing. `info` is undefined for a
 * request whose path cannot be read.
 */
export function metricLabelsOf(catalog: KindCatalog, info: RequestInfo | undefined): RequestLabels {
  if (!info) return { ...NONE, verb: 'other' };
  const verb = VERBS.has(info.verb) ? info.verb : 'other';
  const kind = info.resourceRequest ? catalog.find(info.apiGroup, info.apiVersion, info.resource) : undefined;
  if (!kind) return { ...NONE, verb };
  const known =
    ['', 'status', 'scale', 'finalize', 'proxy'].includes(info.subresource) ||
    kind.subresources.some(({ name }) => name === info.subresource);
  return {
    verb,
    group: kind.type.group,
    version: kind.type.version,
    resource: kind.type.plural,
    subresource: known ? info.subresource : '',
    scope: info.name !== '' ? 'resource' : info.namespace !== '' ? 'namespace' : 'cluster',
  };
}
