import { NAMESPACES, type Namespace } from '../../../shared/api/kinds.ts';
import { ageColumn, column, nameColumn } from '../columns/columns.ts';
import type { KindDefinition } from '../definition.ts';
import type { FieldError } from '../validation/field-error.ts';
import { complaintsAbout, invalidValue } from '../validation/fields.ts';
import { qualifiedName } from '../validation/names.ts';

const NAME_LABEL = 'kubernetes.io/metadata.name';
/** Held by every namespace until its contents are gone. */
const FINALIZER = 'kubernetes';

/** The label that lets selectors name a namespace: the server's, whatever a client writes. */
function labelWithName(namespace: Namespace): void {
  if (!namespace.metadata?.name) return;
  namespace.metadata.labels = { ...namespace.metadata.labels, [NAME_LABEL]: namespace.metadata.name };
}

function validateFinalizers(namespace: Namespace): FieldError[] {
  return (namespace.spec?.finalizers ?? []).flatMap((finalizer) => {
    const complaints = qualifiedName(finalizer);
    if (complaints.length > 0) return complaintsAbout('spec.finalizers', finalizer, complaints);
    return finalizer.includes('/') || finalizer === FINALIZER
      ? []
      : [
          invalidValue(
            'spec.finalizers',
            finalizer,
            'name is neither a standard finalizer name nor is it fully qualified',
          ),
        ];
  });
}

export const namespaceKind: KindDefinition<Namespace> = {
  type: NAMESPACES,
  singular: 'namespace',
  shortNames: ['ns'],
  categories: [],
  schema: 'io.k8s.api.core.v1.Namespace',
  durability: 'durable',
  hasStatus: true,
  subresources: [{ name: 'finalize', kind: { group: '', version: 'v1', kind: 'Namespace' }, verbs: ['update'] }],
  nameRule: 'dns1123label',
  allowUnconditionalUpdate: true,
  allowCreateOnUpdate: false,
  setDefaults: labelWithName,
  prepareForCreate(namespace) {
    labelWithName(namespace);
    namespace.status = { phase: 'Active' };
    const finalizers = namespace.spec?.finalizers ?? [];
    namespace.spec = { finalizers: finalizers.includes(FINALIZER) ? finalizers : [...finalizers, FINALIZER] };
  },
  /** Finalizers change through `/finalize` only. */
  prepareForUpdate(namespace, old) {
    if (old.spec) namespace.spec = old.spec;
    else delete namespace.spec;
  },
  validate: validateFinalizers,
  validateStatusUpdate(namespace) {
    const phase = namespace.status?.phase;
    const deleting = namespace.metadata?.deletionTimestamp !== undefined;
    if (deleting && phase !== 'Terminating') {
      return [invalidValue('status.Phase', phase, "may only be 'Terminating' if `deletionTimestamp` is not empty")];
    }
    return !deleting && phase !== 'Active'
      ? [invalidValue('status.Phase', phase, "may only be 'Active' if `deletionTimestamp` is empty")]
      : [];
  },
  selectableFields: {
    'status.phase': (namespace) => namespace.status?.phase ?? '',
    name: (namespace) => namespace.metadata?.name ?? '',
  },
  columns: [
    nameColumn(),
    column('Status', 'string', 'The status of the namespace', (namespace) => namespace.status?.phase ?? ''),
    ageColumn(),
  ],
};
