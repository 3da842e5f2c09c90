import { notFound } from '../../../../shared/api/errors.ts';
import type { Node, PersistentVolumeClaim, Pod, TokenRequest } from '../../../../shared/api/kinds.ts';
import type { KubeObject } from '../../../../shared/api/meta.ts';
import type { Storage } from '../../../store/storage.ts';
import { nodeOf } from '../../auth/user.ts';
import { equalJson } from '../../registry/json-value.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../chain.ts';
import { refused } from '../refuse.ts';
import { nodeCreateProblem, nodeUpdateProblem } from './node-writes.ts';
import { mirrorPodProblem, podStatusProblem, tokenProblem } from './pod-writes.ts';

const NODE_LEASES = 'kube-node-lease';

/**
 * A kubelet writes its own Node, Lease and CSINode and the pods bound to it, whatever it asks for (upstream's
 * plugin/pkg/admission/noderestriction). The stored object is what counts, never what the request says it is
 * (CVE-2021-25735).
 */
export function nodeRestriction({ storage }: { storage: Pick<Storage, 'get'> }): AdmissionPlugin {
  const stored = async <T extends KubeObject>(key: string): Promise<T | undefined> =>
    (await storage.get(key))?.value as T | undefined;

  async function podProblem(node: string, request: AdmissionRequest): Promise<string | undefined> {
    const bound = (request.old as Pod | undefined)?.spec?.nodeName;
    const { operation, subresource } = request;
    switch (subresource) {
      case '':
        if (operation === 'CREATE')
          return mirrorPodProblem(node, request.object as Pod, await stored<Node>(`/core/nodes/${node}`));
        if (operation !== 'DELETE')
          return `unexpected operation "${operation}", node "${node}" can only create and delete mirror pods`;
        return bound === node ? undefined : `node "${node}" can only delete pods with spec.nodeName set to itself`;
      case 'status':
        if (operation !== 'UPDATE') return `unexpected operation "${operation}"`;
        return podStatusProblem(node, request.object as Pod, request.old as Pod);
      case 'eviction':
        return bound === node ? undefined : `node ${node} can only evict pods with spec.nodeName set to itself`;
      default:
        return `unexpected pod subresource "${subresource}", only 'status' and 'eviction' are allowed`;
    }
  }

  async function accountProblem(node: string, request: AdmissionRequest): Promise<string | undefined> {
    if (request.operation !== 'CREATE' || request.subresource !== 'token') return undefined;
    const asked = request.object as TokenRequest;
    const name = asked.spec.boundObjectRef?.name;
    const pod = name ? await stored<Pod>(`/core/pods/${request.namespace}/${name}`) : undefined;
    if (name && !pod) throw notFound({ group: '', plural: 'pods' }, name);
    return tokenProblem(node, asked, pod);
  }

  return {
    name: 'NodeRestriction',
    async validate(request) {
      const node = nodeOf(request.user);
      if (node === undefined) return;
      const problem =
        node === ''
          ? `could not determine node from user "${request.user.name}"`
          : await problemOf(node, request, podProblem, accountProblem);
      if (problem !== undefined) throw refused(request, problem);
    },
  };
}

type Rule = (node: string, request: AdmissionRequest) => Promise<string | undefined>;

async function problemOf(
  node: string,
  request: AdmissionRequest,
  podProblem: Rule,
  accountProblem: Rule,
): Promise<string | undefined> {
  switch (`${request.kind.type.group}/${request.kind.type.plural}`) {
    case '/pods':
      return podProblem(node, request);
    case '/nodes':
      return nodeProblem(node, request);
    case '/persistentvolumeclaims':
      return claimProblem(node, request);
    case '/serviceaccounts':
      return accountProblem(node, request);
    case 'coordination.k8s.io/leases':
      if (request.namespace !== NODE_LEASES) return `can only access leases in the "${NODE_LEASES}" system namespace`;
      return nameOf(request) === node
        ? undefined
        : 'can only access node lease with the same name as the requesting node';
    case 'storage.k8s.io/csinodes':
      return nameOf(request) === node ? undefined : 'can only access CSINode with the same name as the requesting node';
    default:
      return undefined;
  }
}

/** A create says its name in the object. */
const nameOf = ({ operation, name, object }: AdmissionRequest): string =>
  operation === 'CREATE' ? (object?.metadata?.name ?? '') : name;

function nodeProblem(node: string, request: AdmissionRequest): string | undefined {
  if (request.name !== node) return `node "${node}" is not allowed to modify node "${request.name}"`;
  const wanted = request.object as Node | undefined;
  if (!wanted) return undefined;
  return request.operation === 'CREATE'
    ? nodeCreateProblem(node, wanted)
    : nodeUpdateProblem(node, wanted, (request.old ?? {}) as Node);
}

/** A node that has grown a volume says so in the claim's status, and nothing else there. */
function claimProblem(node: string, { operation, subresource, object, old }: AdmissionRequest): string | undefined {
  if (subresource !== 'status') return 'may only update PVC status';
  if (operation !== 'UPDATE') return `unexpected operation "${operation}"`;
  return equalJson(withoutGrowth(object), withoutGrowth(old))
    ? undefined
    : `node "${node}" is not allowed to update fields other than status.capacity and status.conditions`;
}

function withoutGrowth(claim: PersistentVolumeClaim | undefined): object {
  const { metadata, status, ...rest } = claim ?? {};
  const { resourceVersion: _version, managedFields: _fields, ...kept } = metadata ?? {};
  const {
    capacity: _capacity,
    conditions: _conditions,
    allocatedResources: _resources,
    allocatedResourceStatuses: _statuses,
    ...other
  } = status ?? {};
  return { ...rest, metadata: kept, status: other };
}
