import { NAMESPACES, type Namespace } from '../../../../shared/api/kinds.ts';
import { notFound } from '../../../../shared/api/errors.ts';
import type { Views } from '../../views/views.ts';
import type { AdmissionRequest } from '../chain.ts';

/** The fields of a namespace that expressions may read (cel CreateNamespaceObject). */
const META = [
  ...(['name', 'generateName', 'namespace', 'labels', 'annotations', 'creationTimestamp'] as const),
  ...(['deletionGracePeriodSeconds', 'deletionTimestamp', 'generation', 'resourceVersion', 'finalizers'] as const),
];

const namespaceObjectOf = ({ metadata, spec, status }: Namespace): object => ({
  metadata: {
    ...Object.fromEntries(META.flatMap((field) => (metadata?.[field] === undefined ? [] : [[field, metadata[field]]]))),
    UID: metadata?.uid ?? '',
  },
  spec: { finalizers: spec?.finalizers ?? [] },
  status: { phase: status?.phase ?? '' },
});

/** `namespaceObject`: the namespace a request is in; null at the cluster scope, and for namespaces themselves. Throws 404. */
export async function namespaceOf(views: Views, request: AdmissionRequest): Promise<object | null> {
  const { kind, namespace } = request;
  if (namespace === '' || (kind.type.group === '' && kind.type.plural === NAMESPACES.plural)) return null;
  const found = (await views.of(NAMESPACES)).get('', namespace);
  if (!found) throw notFound(NAMESPACES, namespace);
  return namespaceObjectOf(found);
}
