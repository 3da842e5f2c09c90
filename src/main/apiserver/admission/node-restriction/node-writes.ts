import type { Node } from '../../../../shared/api/kinds.ts';
import { equalJson } from '../../registry/json-value.ts';

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

/** Why a node may not register itself like this; undefined when it may. */
export function nodeCreateProblem(node: string, { metadata, spec }: Node): string | undefined {
  if (spec?.configSource) return `node "${node}" is not allowed to create pods with a non-nil configSource`;
  const labels = forbiddenLabels(metadata?.labels ?? {}, {});
  return labels.length > 0
    ? `node "${node}" is not allowed to set the following labels: ${labels.join(', ')}`
    : undefined;
}

/**
 * Why a node may not change itself like this. Taints and labels would draw workloads to it; by an owner it could have
 * itself deleted, and come back without its taints (CVE-2025-5187).
 */
export function nodeUpdateProblem(node: string, wanted: Node, old: Node): string | undefined {
  const source = wanted.spec?.configSource;
  if (source && !equalJson(source, old.spec?.configSource))
    return `node "${node}" is not allowed to update configSource to a new non-nil configSource`;
  if (!equalJson(wanted.spec?.taints ?? [], old.spec?.taints ?? []))
    return `node "${node}" is not allowed to modify taints`;
  if (!equalJson(wanted.metadata?.ownerReferences ?? [], old.metadata?.ownerReferences ?? []))
    return `node "${node}" is not allowed to modify ownerReferences`;
  const labels = forbiddenLabels(wanted.metadata?.labels ?? {}, old.metadata?.labels ?? {});
  return labels.length > 0 ? `is not allowed to modify labels: ${labels.join(', ')}` : undefined;
}

/** Labels added, changed or taken away that a node may not choose for itself. */
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
