import type { Node, Pod, TokenRequest } from '../../../../shared/api/kinds.ts';
import { MIRROR_POD, namedBy } from '../../auth/pod-references.ts';
import { equalJson } from '../../registry/json-value.ts';

/**
 * Why a node may not create this pod: only mirror pods of its own static pods, which belong to it and refer to nothing
 * in the API. `own`: the Node object, if there is one.
 */
export function mirrorPodProblem(node: string, pod: Pod, own: Node | undefined): string | undefined {
  if (pod.metadata?.annotations?.[MIRROR_POD] === undefined)
    return `pod does not have "${MIRROR_POD}" annotation, node "${node}" can only create mirror pods`;
  if (pod.spec?.nodeName !== node) return `node "${node}" can only create pods with spec.nodeName set to itself`;
  return ownerProblem(node, pod, own) ?? referenceProblem(node, pod);
}

function ownerProblem(node: string, { metadata }: Pod, own: Node | undefined): string | undefined {
  const [owner, ...others] = metadata?.ownerReferences ?? [];
  if (others.length > 0) return `node "${node}" can only create pods with a single owner reference set to itself`;
  if (owner?.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node)
    return `node "${node}" can only create pods with an owner reference set to itself`;
  if (!owner.controller) return `node "${node}" can only create pods with a controller owner reference set to itself`;
  if (owner.blockOwnerDeletion) return `node "${node}" must not set blockOwnerDeletion on an owner reference`;
  const uid = own?.metadata?.uid ?? '';
  return owner.uid === uid ? undefined : `node ${node} UID mismatch: expected ${owner.uid} got ${uid}`;
}

function referenceProblem(node: string, pod: Pod): string | undefined {
  const { serviceAccount, secrets, configMaps, claims } = namedBy(pod);
  const cannot = (what: string): string => `node "${node}" can not create pods that reference ${what}`;
  if (serviceAccount !== '') return cannot('a service account');
  if (secrets.size > 0) return cannot('secrets');
  if (configMaps.size > 0) return cannot('configmaps');
  const volumes = pod.spec?.volumes ?? [];
  if (volumes.some(({ projected }) => projected?.sources?.some(({ clusterTrustBundle }) => clusterTrustBundle)))
    return cannot('clustertrustbundles');
  if (claims.size > 0) return cannot('persistentvolumeclaims');
  return pod.spec?.resourceClaims?.length ? cannot('resourceclaims') : undefined;
}

/** Why a node may not report this status. */
export function podStatusProblem(node: string, wanted: Pod, old: Pod): string | undefined {
  if (old.spec?.nodeName !== node)
    return `node "${node}" can only update pod status for pods with spec.nodeName set to itself`;
  if (!equalJson(wanted.metadata?.labels ?? {}, old.metadata?.labels ?? {}))
    return `node "${node}" cannot update labels through pod status`;
  return equalJson(wanted.status?.resourceClaimStatuses ?? [], old.status?.resourceClaimStatuses ?? [])
    ? undefined
    : `node "${node}" cannot update resource claim statues`;
}

/** Why a node does not get this token: only tokens bound to pods it runs. `pod`: the one the request names. */
export function tokenProblem(node: string, { spec }: TokenRequest, pod: Pod | undefined): string | undefined {
  const reference = spec.boundObjectRef;
  if (reference?.apiVersion !== 'v1' || reference.kind !== 'Pod' || !reference.name)
    return 'node requested token not bound to a pod';
  if (!reference.uid) return 'node requested token with a pod binding without a uid';
  if (reference.uid !== pod?.metadata?.uid)
    return `the UID in the bound object reference (${reference.uid}) does not match the UID in record. The object might have been deleted and then recreated`;
  return pod.spec?.nodeName === node ? undefined : 'node requested token bound to a pod scheduled on a different node';
}
