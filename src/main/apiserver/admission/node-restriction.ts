import { forbidden, type ApiError } from '../../../shared/api/errors.ts';
import type { Node, Pod } from '../../../shared/api/kinds.ts';
import { nodeOf } from '../auth/user.ts';
import { equalJson } from '../registry/json-value.ts';
import type { AdmissionPlugin, AdmissionRequest } from './chain.ts';

const NODE_LEASES = 'kube-node-lease';
const RESTRICTED = 'node-restriction.kubernetes.io';
/** Labels in Kubernetes' own namespaces that a kubelet may set (k8s.io/kubelet/pkg/apis well_known_labels). */
const KUBELET_LABELS: ReadonlySet<string> = new Set([
  'kubernetes.io/hostname',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'node.kubernetes.io/instance-type',
  'beta.kubernetes.io/instance-type',
  'kubernetes.io/os',
  'kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
]);
const KUBELET_LABEL_NAMESPACES = ['kubelet.kubernetes.io', 'node.kubernetes.io'];

/** A kubelet writes its own Node, its own Lease and the pods bound to it, whatever it asks for. */
export const nodeRestriction: AdmissionPlugin = {
  name: 'NodeRestriction',
  validate(request) {
    const node = nodeOf(request.user);
    if (node === undefined) return;
    switch (`${request.kind.type.group}/${request.kind.type.plural}`) {
      case '/pods':
        return admitPod(node, request);
      case '/nodes':
        return admitNode(node, request);
      case 'coordination.k8s.io/leases':
        return admitLease(node, request);
      default:
        return;
    }
  },
};

const refuse = (request: AdmissionRequest, why: string): ApiError => forbidden(request.kind.type, request.name, why);

function admitPod(node: string, request: AdmissionRequest): void {
  const bound = (request.old as Pod | undefined)?.spec?.nodeName;
  switch (request.subresource) {
    case '':
      if (request.operation !== 'DELETE')
        throw refuse(request, `unexpected operation "${request.operation}", node "${node}" can only delete pods`);
      if (bound !== node) throw refuse(request, `node "${node}" can only delete pods with spec.nodeName set to itself`);
      return;
    case 'eviction':
      if (bound !== node) throw refuse(request, `node "${node}" can only evict pods with spec.nodeName set to itself`);
      return;
    case 'status':
      if (bound !== node)
        throw refuse(request, `node "${node}" can only update pod status for pods with spec.nodeName set to itself`);
      return;
    default:
      throw refuse(
        request,
        `unexpected pod subresource "${request.subresource}", only 'status' and 'eviction' are allowed`,
      );
  }
}

function admitNode(node: string, request: AdmissionRequest): void {
  if (request.name !== node) throw refuse(request, `node "${node}" is not allowed to modify node "${request.name}"`);
  const wanted = request.object as Node | undefined;
  const old = request.old as Node | undefined;
  if (!wanted) return;
  const labels = forbiddenLabels(wanted.metadata?.labels ?? {}, old?.metadata?.labels ?? {});
  if (request.operation === 'CREATE') {
    if (labels.length > 0)
      throw refuse(request, `node "${node}" is not allowed to set the following labels: ${labels.join(', ')}`);
    return;
  }
  if (!equalJson(wanted.spec?.taints ?? [], old?.spec?.taints ?? []))
    throw refuse(request, `node "${node}" is not allowed to modify taints`);
  if (labels.length > 0) throw refuse(request, `is not allowed to modify labels: ${labels.join(', ')}`);
}

function admitLease(node: string, request: AdmissionRequest): void {
  if (request.namespace !== NODE_LEASES)
    throw refuse(request, `can only access leases in the "${NODE_LEASES}" system namespace`);
  if (request.name !== node)
    throw refuse(request, 'can only access node lease with the same name as the requesting node');
}

/** Labels added, changed or taken away that a node may not choose for itself: they would draw workloads to it. */
function forbiddenLabels(now: Record<string, string>, before: Record<string, string>): string[] {
  const touched = new Set([...Object.keys(now), ...Object.keys(before)].filter((key) => now[key] !== before[key]));
  return [...touched].filter(isForbiddenLabel).sort();
}

function isForbiddenLabel(label: string): boolean {
  const slash = label.indexOf('/');
  const namespace = slash < 0 ? '' : label.slice(0, slash);
  const within = (domain: string): boolean => namespace === domain || namespace.endsWith(`.${domain}`);
  if (within(RESTRICTED)) return true;
  if (!within('kubernetes.io') && !within('k8s.io')) return false;
  return !KUBELET_LABELS.has(label) && !KUBELET_LABEL_NAMESPACES.some(within);
}
