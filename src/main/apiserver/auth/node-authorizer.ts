import { ALLOW, NO_OPINION, noOpinion, type Attributes, type Authorizer, type Decision } from './authorizer.ts';
import type { NodeGraph, ReferencedKind } from './node-graph.ts';
import { NODE_RULES } from './rbac/bootstrap/component-roles.ts';
import { ruleAllows } from './rbac/policy-rule.ts';
import { nodeOf } from './user.ts';

const NODE_LEASES = 'kube-node-lease';

/**
 * Upstream's Node authorizer: a kubelet reads its own Node, the pods bound to it and what they refer to, keeps its own
 * Lease and CSINode, and may do what every kubelet may. That writes touch only its own objects is NodeRestriction's part
 * (admission), which sees the objects.
 */
export class NodeAuthorizer implements Authorizer {
  constructor(private readonly graph: Pick<NodeGraph, 'refers'>) {}

  async authorize(attributes: Attributes): Promise<Decision> {
    const node = nodeOf(attributes.user);
    if (node === undefined) return NO_OPINION;
    if (node === '') return noOpinion(`unknown node for user "${attributes.user.name}"`);
    if (!attributes.resourceRequest) return byRules(attributes);
    switch (`${attributes.apiGroup}/${attributes.resource}`) {
      case '/nodes':
        return authorizeNode(node, attributes);
      case '/pods':
        return this.#authorizePod(node, attributes);
      case '/secrets':
        return this.#authorizeReferenced(node, 'secrets', attributes);
      case '/configmaps':
        return this.#authorizeReferenced(node, 'configmaps', attributes);
      case '/serviceaccounts':
        return this.#authorizeServiceAccount(node, attributes);
      case '/persistentvolumeclaims':
        return attributes.subresource === 'status'
          ? this.#authorizeStatus(node, 'persistentvolumeclaims', attributes)
          : this.#authorizeGet(node, 'persistentvolumeclaims', attributes);
      case '/persistentvolumes':
        return this.#authorizeGet(node, 'persistentvolumes', attributes);
      case 'storage.k8s.io/volumeattachments':
        return this.#authorizeGet(node, 'volumeattachments', attributes);
      case 'storage.k8s.io/csinodes':
        return authorizeCsiNode(node, attributes);
      case 'coordination.k8s.io/leases':
        return authorizeLease(node, attributes);
      case 'resource.k8s.io/resourceclaims':
      case 'resource.k8s.io/resourceslices':
        // Dynamic resource allocation is not served: no node is related to any of them.
        return NO_OPINION;
      default:
        return byRules(attributes);
    }
  }

  async #authorizePod(node: string, attributes: Attributes): Promise<Decision> {
    const { verb, subresource, name } = attributes;
    if (subresource === 'status') return verb === 'update' || verb === 'patch' ? ALLOW : NO_OPINION;
    if (subresource === 'eviction') return verb === 'create' ? ALLOW : NO_OPINION;
    if (subresource !== '') return NO_OPINION;
    switch (verb) {
      case 'get':
        return this.#related(node, 'pods', attributes);
      case 'list':
      case 'watch':
        if (attributes.fieldTerms.some((term) => term.field === 'spec.nodeName' && term.equal && term.value === node))
          return ALLOW;
        if (name !== '') return this.#related(node, 'pods', attributes);
        return noOpinion('can only list/watch pods with spec.nodeName field selector');
      case 'create':
      case 'delete':
        // Mirror pods; NodeRestriction sees to it that they are the node's own.
        return ALLOW;
      default:
        return NO_OPINION;
    }
  }

  async #authorizeReferenced(node: string, kind: ReferencedKind, attributes: Attributes): Promise<Decision> {
    if (!['get', 'list', 'watch'].includes(attributes.verb)) return noOpinion('can only read resources of this type');
    if (attributes.subresource !== '') return noOpinion('cannot read subresource');
    if (attributes.namespace === '') return noOpinion('can only read namespaced object of this type');
    return this.#related(node, kind, attributes);
  }

  async #authorizeGet(node: string, kind: ReferencedKind, attributes: Attributes): Promise<Decision> {
    if (attributes.verb !== 'get') return noOpinion('can only get individual resources of this type');
    if (attributes.subresource !== '') return noOpinion('cannot get subresource');
    return this.#related(node, kind, attributes);
  }

  async #authorizeStatus(node: string, kind: ReferencedKind, attributes: Attributes): Promise<Decision> {
    if (attributes.verb !== 'update' && attributes.verb !== 'patch')
      return noOpinion('can only get/update/patch this type');
    return this.#related(node, kind, attributes);
  }

  /** Reading the accounts its pods run as (as upstream's credential providers do), and making tokens for them. */
  async #authorizeServiceAccount(node: string, attributes: Attributes): Promise<Decision> {
    const { verb, subresource, name } = attributes;
    if (verb !== 'create' && subresource === '') return this.#authorizeReferenced(node, 'serviceaccounts', attributes);
    if (verb !== 'create' || name === '') return noOpinion('can only create tokens for individual service accounts');
    if (subresource !== 'token') return noOpinion('can only create token subresource of serviceaccount');
    return this.#related(node, 'serviceaccounts', attributes);
  }

  async #related(node: string, kind: ReferencedKind, { namespace, name }: Attributes): Promise<Decision> {
    if (name === '') return noOpinion('No Object name found');
    if (await this.graph.refers(node, kind, namespace, name)) return ALLOW;
    return noOpinion(`no relationship found between node '${node}' and this object`);
  }
}

const byRules = (attributes: Attributes): Decision =>
  NODE_RULES.some((rule) => ruleAllows(rule, attributes)) ? ALLOW : NO_OPINION;

function authorizeNode(node: string, { verb, subresource, name }: Attributes): Decision {
  if (subresource === 'status') return verb === 'update' || verb === 'patch' ? ALLOW : NO_OPINION;
  if (subresource !== '') return NO_OPINION;
  switch (verb) {
    case 'create':
    case 'update':
    case 'patch':
      return ALLOW;
    case 'get':
    case 'list':
    case 'watch':
      if (name === node) return ALLOW;
      return noOpinion(
        name === ''
          ? `node '${node}' cannot read all nodes, only its own Node object`
          : `node '${node}' cannot read '${name}', only its own Node object`,
      );
    default:
      return NO_OPINION;
  }
}

const OWN_VERBS: readonly string[] = ['get', 'create', 'update', 'patch', 'delete'];

function authorizeLease(node: string, { verb, namespace, name }: Attributes): Decision {
  if (!OWN_VERBS.includes(verb)) return noOpinion('can only get, create, update, patch, or delete a node lease');
  if (namespace !== NODE_LEASES) return noOpinion(`can only access leases in the "${NODE_LEASES}" system namespace`);
  // The name of a create is in the body: NodeRestriction checks it there.
  if (verb !== 'create' && name !== node)
    return noOpinion('can only access node lease with the same name as the requesting node');
  return ALLOW;
}

function authorizeCsiNode(node: string, { verb, subresource, name }: Attributes): Decision {
  if (!OWN_VERBS.includes(verb)) return noOpinion('can only get, create, update, patch, or delete a CSINode');
  if (subresource !== '') return noOpinion('cannot authorize CSINode subresources');
  if (verb !== 'create' && name !== node)
    return noOpinion('can only access CSINode with the same name as the requesting node');
  return ALLOW;
}
