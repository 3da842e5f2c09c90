import { CONTROLLER_REVISIONS, type ControllerRevision } from '../../../shared/api/kinds.ts';
import { ageColumn, column, fieldDoc, nameColumn } from '../columns/columns.ts';
import type { KindDefinition } from '../definition.ts';
import { immutable, nonNegative, required } from '../validation/fields.ts';

const SCHEMA = 'io.k8s.api.apps.v1.ControllerRevision';

/** `statefulset.apps/web` */
function controllerOf({ metadata }: ControllerRevision): string {
  const owner = metadata?.ownerReferences?.find(({ controller }) => controller);
  if (!owner) return '<none>';
  const [group, version] = (owner.apiVersion ?? '').split('/');
  const kind = (owner.kind ?? '').toLowerCase();
  return `${version === undefined ? kind : `${kind}.${group ?? ''}`}/${owner.name ?? ''}`;
}

export const controllerRevisionKind: KindDefinition<ControllerRevision> = {
  type: CONTROLLER_REVISIONS,
  singular: 'controllerrevision',
  shortNames: [],
  categories: [],
  schema: SCHEMA,
  durability: 'durable',
  hasStatus: false,
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: true,
  allowCreateOnUpdate: false,
  setDefaults() {
    // ControllerRevisions have no defaults.
  },
  validate: ({ data, revision }) => [
    ...(data === undefined ? [required('data', 'data is mandatory')] : []),
    ...nonNegative('revision', revision),
  ],
  validateUpdate: (object, old) => immutable('data', object.data, old.data),
  selectableFields: {},
  columns: [
    nameColumn(),
    column('Controller', 'string', 'Controller of the object', controllerOf),
    column('Revision', 'string', fieldDoc(SCHEMA, 'revision'), ({ revision }) => revision ?? 0),
    ageColumn(),
  ],
};
