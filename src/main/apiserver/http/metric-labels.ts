import { isApiError } from '../../../shared/api/errors.ts';
import type { KindCatalog } from '../../resources/catalog.ts';
import type { RequestLabels } from '../metrics.ts';
import { requestInfoOf } from '../request-info.ts';

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
const NONE: RequestLabels = { verb: 'get', group: '', resource: '', subresource: '' };

/** Labels from closed sets only: a kind that is served and a subresource it has, else nothing. */
export function metricLabelsOf(
  catalog: KindCatalog,
  method: string,
  path: string,
  query: URLSearchParams,
): RequestLabels {
  try {
    const info = requestInfoOf(method, path, query);
    const verb = VERBS.has(info.verb) ? info.verb : 'other';
    const kind = info.resourceRequest ? catalog.find(info.apiGroup, info.apiVersion, info.resource) : undefined;
    if (!kind) return { ...NONE, verb };
    const known =
      ['', 'status', 'scale', 'finalize', 'proxy'].includes(info.subresource) ||
      kind.subresources.some(({ name }) => name === info.subresource);
    return {
      verb,
      group: kind.type.group,
      resource: kind.type.plural,
      subresource: known ? info.subresource : '',
    };
  } catch (error) {
    if (!isApiError(error)) throw error;
    return { ...NONE, verb: 'other' };
  }
}
