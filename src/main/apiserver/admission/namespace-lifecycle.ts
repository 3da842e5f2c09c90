import { ApiError, forbidden, notFound } from '../../../shared/api/errors.ts';
import { NAMESPACES, type Namespace } from '../../../shared/api/kinds.ts';
import type { Storage } from '../../store/storage.ts';
import { isNamespaceKind } from '../registry/deletion-rules.ts';
import type { Views } from '../views/views.ts';
import type { AdmissionPlugin, AdmissionRequest } from './chain.ts';

/** The namespaces of the system, which are made at start. */
export const SYSTEM_NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'] as const;
/** Those that may never be deleted (upstream's immortal namespaces). */
const IMMORTAL: readonly string[] = ['default', 'kube-system', 'kube-public'];

function terminating(request: AdmissionRequest): ApiError {
  const { namespace, name, kind } = request;
  const error = forbidden(
    kind.type,
    name,
    `unable to create new content in namespace ${namespace} because it is being terminated`,
  );
  return new ApiError(403, 'Forbidden', error.message, {
    ...error.status.details,
    causes: [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${namespace} is being terminated`,
        field: 'metadata.namespace',
      },
    ],
  } as NonNullable<ConstructorParameters<typeof ApiError>[3]>);
}

/** Nothing is created in a namespace that is not there or is going; the system's own namespaces stay. */
export function namespaceLifecycle({ storage, views }: { storage: Storage; views: Views }): AdmissionPlugin {
  /** From memory, or from the store: it may have been made a moment ago by another control plane. */
  async function find(name: string): Promise<Namespace | undefined> {
    const known = (await views.of(NAMESPACES)).get('', name);
    return known ?? ((await storage.get(`/core/namespaces/${name}`))?.value as Namespace | undefined);
  }

  return {
    name: 'NamespaceLifecycle',
    async mutate(request) {
      if (request.operation !== 'CREATE' || !request.kind.type.namespaced) return;
      const namespace = await find(request.namespace);
      if (!namespace) throw notFound(NAMESPACES, request.namespace);
      if (namespace.metadata?.deletionTimestamp !== undefined) throw terminating(request);
    },
    validate(request) {
      if (request.operation === 'DELETE' && isNamespaceKind(request.kind) && IMMORTAL.includes(request.name))
        throw forbidden(request.kind.type, request.name, 'this namespace may not be deleted');
    },
  };
}
