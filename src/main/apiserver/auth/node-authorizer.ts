import { ALLOW, NO_OPINION, noOpinion, type Attributes, type Authorizer, type Decision } from './authorizer.ts';
import type { NodeGraph, ReferencedKind } from './node-graph.ts';
import { nodeOf } from './user.ts';

const NODE_LEASES = 'kube-node-lease';

/**
 * Upstream's Node authorizer for the kinds served here: a kubelet reads its own Node, the pods bound to it and what
 * they refer to, and keeps its own Lease. That writes touch only its own objects is NodeRestriction's part (admission),
 * which sees the objects.
 */
export class NodeAuthorizer implements Authorizer {
  constructor(private readonly graph: Pick<NodeGraph, 'refers'>) {}

  async authorize(attributes: Attributes): Promise<Decision> {
    const node = nodeOf(attributes.user);
    if (node === undefined || !attributes.resourceRequest) return NO_OPINION;
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
        return this.#authorizeReferenced(node, 'serviceaccounts', attributes);
      case 'coordination.k8s.io/leases':
        return authorizeLease(node, attributes);
      case '/events':
        return ['create', 'update', 'patch'].includes(attributes.verb) && attributes.subresource === ''
          ? ALLOW
          : NO_OPINION;
      default:
        return NO_OPINION;
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
      case 'delete':
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

  async #related(node: string, kind: ReferencedKind, { namespace, name }: Attributes): Promise<Decision> {
    if (name === '') return noOpinion('No Object name found');
    if (await this.graph.refers(node, kind, namespace, name)) return ALLOW;
    return noOpinion(`no relationship found between node '${node}' and this object`);
  }
}

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

function authorizeLease(node: string, { verb, namespace, name }: Attributes): Decision {
  if (!['get', 'create', 'update', 'patch', 'delete'].includes(verb))
    return noOpinion('can only get, create, update, patch, or delete a node lease');
  if (namespace !== NODE_LEASES) return noOpinion(`can only access leases in the "${NODE_LEASES}" system namespace`);
  // The name of a create is in the body: NodeRestriction checks it there.
  if (verb !== 'create' && name !== node)
    return noOpinion('can only access node lease with the same name as the requesting node');
  return ALLOW;
}
