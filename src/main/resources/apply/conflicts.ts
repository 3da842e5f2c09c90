import { ApiError } from '../../../shared/api/errors.ts';
import type { FieldSet } from '../../../shared/api/field-set.ts';
import type { Owner } from './managed-entries.ts';
import { printPath } from './path-element.ts';
import { pathsOf } from './set-algebra.ts';

/** Fields that an apply would change though another manager owns them. */
export interface Conflict {
  owner: Owner;
  fields: FieldSet;
}

/** `"kubectl-edit" with subresource "scale" using apps/v1` */
function printOwner({ manager, subresource, operation, apiVersion }: Owner): string {
  const name = JSON.stringify(manager) + (subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`);
  return operation === 'Update' ? `${name} using ${apiVersion}` : name;
}

/** The 409 of an apply, with a FieldManagerConflict cause a field (NewConflictError). */
export function applyConflict(conflicts: readonly Conflict[]): ApiError {
  const sorted = [...conflicts].sort((a, b) => (a.owner.id < b.owner.id ? -1 : 1));
  const each = sorted.map(({ owner, fields }) => ({ owner: printOwner(owner), paths: pathsOf(fields).map(printPath) }));
  const causes = each.flatMap(({ owner, paths }) =>
    paths.map((field) => ({ reason: 'FieldManagerConflict', message: `conflict with ${owner}`, field })),
  );
  const [only] = causes;
  const message =
    causes.length === 1 && only
      ? `Apply failed with 1 conflict: ${only.message}: ${only.field}`
      : `Apply failed with ${causes.length} conflicts: ${each
          .map(({ owner, paths }) => [`conflicts with ${owner}:`, ...paths.map((path) => `- ${path}`)].join('\n'))
          .join('\n')}`;
  return new ApiError(409, 'Conflict', message, { causes });
}
