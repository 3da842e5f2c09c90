import { hrefOf, isNamespaced } from '../frame/routes.ts';
import type { RowResource } from '../../../shared/view/rows.ts';
import { TYPE_OF } from './resource-types.ts';

/** Address of what `Kind/name` refers to; undefined for kinds that have no page here. */
export function hrefOfReference(reference: string, namespace: string): string | undefined {
  const slash = reference.indexOf('/');
  const kind = reference.slice(0, slash);
  const name = reference.slice(slash + 1);
  const resource = (Object.keys(TYPE_OF) as RowResource[]).find((one) => TYPE_OF[one].kind === kind);
  if (slash < 1 || name === '' || resource === undefined || resource === 'events') return undefined;
  return hrefOf({ place: resource, namespace: isNamespaced(resource) ? namespace : '', name });
}
