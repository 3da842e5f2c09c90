import { PODS } from '../../../shared/api/kinds.ts';
import type { OwnerReference } from '../../../shared/api/meta.ts';
import type { KindCatalog } from '../../resources/catalog.ts';
import type { Attributes, Authorizer } from '../auth/authorizer.ts';
import { equalJson } from '../registry/json-value.ts';
import type { AdmissionPlugin, AdmissionRequest } from './chain.ts';
import { refused } from './refuse.ts';

/**
 * An owner reference deletes the object with its owner, so it takes the right to delete the object; one that holds the
 * owner back takes the right to set the owner's finalizers (plugin/gc).
 */
export function ownerReferencesPermission(deps: { authorizer: Authorizer; catalog: KindCatalog }): AdmissionPlugin {
  async function permitted(request: AdmissionRequest, asked: Asked): Promise<{ allowed: boolean; reason: string }> {
    const decision = await deps.authorizer.authorize({
      user: request.user,
      resourceRequest: true,
      path: '',
      fieldTerms: [],
      ...asked,
    });
    return { allowed: decision.verdict === 'allow', reason: decision.reason };
  }
  return {
    name: 'OwnerReferencesPermissionEnforcement',
    async validate(request) {
      if (request.operation !== 'CREATE' && request.operation !== 'UPDATE') return;
      const references = request.object?.metadata?.ownerReferences ?? [];
      const before = request.old?.metadata?.ownerReferences ?? [];
      // Status writes cannot change metadata, and old kubelets garble it.
      if (
        equalJson(references, before) ||
        (request.subresource === 'status' && request.kind.type.plural === PODS.plural)
      )
        return;
      const { allowed, reason } = await permitted(request, deletionOf(request));
      if (!allowed) throw refused(request, `cannot set an ownerRef on a resource you can't delete: ${reason}, <nil>`);
      for (const reference of newlyBlocking(references, before)) {
        const answer = await permitted(request, finalizersOf(request, reference));
        if (!answer.allowed)
          throw refused(
            request,
            `cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: ${answer.reason}, <nil>`,
          );
      }
    },
  };

  function finalizersOf(request: AdmissionRequest, { apiVersion, kind, name }: OwnerReference): Asked {
    const [group, version] = apiVersion.includes('/') ? (apiVersion.split('/') as [string, string]) : ['', apiVersion];
    const type = deps.catalog.findByGvk(group, version, kind)?.type;
    if (!type)
      throw refused(
        request,
        `cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion ${apiVersion} Kind ${kind}: no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}`,
      );
    return {
      verb: 'update',
      apiGroup: group,
      apiVersion: version,
      resource: type.plural,
      subresource: 'finalizers',
      // An owner is in the namespace of what it owns, or in none.
      namespace: type.namespaced ? request.namespace : '',
      name,
    };
  }
}

type Asked = Pick<Attributes, 'verb' | 'apiGroup' | 'apiVersion' | 'resource' | 'subresource' | 'namespace' | 'name'>;

const deletionOf = ({ kind, namespace, name, subresource }: AdmissionRequest): Asked => ({
  verb: 'delete',
  apiGroup: kind.type.group,
  apiVersion: kind.type.version,
  resource: kind.type.plural,
  subresource,
  namespace,
  name,
});

/** References that hold their owner's deletion back, and did not before. */
function newlyBlocking(now: readonly OwnerReference[], before: readonly OwnerReference[]): OwnerReference[] {
  const blocking = new Set(before.filter((old) => old.blockOwnerDeletion).map((old) => old.uid));
  return now.filter((reference) => reference.blockOwnerDeletion && !blocking.has(reference.uid));
}
