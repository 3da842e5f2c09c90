import type { Node, Pod } from '../../../shared/api/kinds.ts';
import { isPodFinished } from '../runtime/pod-state.ts';

/** Finished pods beyond this number go, oldest first (--terminated-pod-gc-threshold). */
export const TERMINATED_POD_THRESHOLD = 12_500;
const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';

export interface Collection {
  pod: Pod;
  /** Written as condition DisruptionTarget before a pod that had not finished is deleted. */
  disruption?: string;
}

/** Finished pods over the threshold, oldest first. */
export function surplusTerminated(pods: readonly Pod[], threshold = TERMINATED_POD_THRESHOLD): Collection[] {
  const terminated = pods.filter((pod) => isPodFinished(pod) && !pod.metadata?.deletionTimestamp);
  if (threshold <= 0 || terminated.length <= threshold) return [];
  return terminated
    .sort(
      (a, b) =>
        compare(a.metadata?.creationTimestamp, b.metadata?.creationTimestamp) ||
        compare(a.metadata?.name, b.metadata?.name),
    )
    .slice(0, terminated.length - threshold)
    .map((pod) => ({ pod }));
}

/** Pods that were deleted before they ever had a node: no kubelet will finish that. */
export function unscheduledTerminating(pods: readonly Pod[]): Collection[] {
  return pods.filter((pod) => pod.metadata?.deletionTimestamp && !pod.spec?.nodeName).map((pod) => ({ pod }));
}

/** Pods being deleted on a node that a person declared out of service and that is indeed not ready. */
export function onOutOfServiceNodes(pods: readonly Pod[], nodes: ReadonlyMap<string, Node>): Collection[] {
  const away = new Set(
    [...nodes].flatMap(([name, node]) => {
      const ready = node.status?.conditions?.find((condition) => condition.type === 'Ready')?.status === 'True';
      return !ready && node.spec?.taints?.some((taint) => taint.key === OUT_OF_SERVICE) ? [name] : [];
    }),
  );
  return pods
    .filter((pod) => pod.metadata?.deletionTimestamp && away.has(pod.spec?.nodeName ?? ''))
    .map((pod) => ({ pod }));
}

/** Names that pods are bound to and no node has. */
export function missingNodes(pods: readonly Pod[], nodes: ReadonlyMap<string, Node>): Set<string> {
  const missing = new Set<string>();
  for (const { spec } of pods) if (spec?.nodeName && !nodes.has(spec.nodeName)) missing.add(spec.nodeName);
  return missing;
}

export function orphanedOn(pods: readonly Pod[], absentNodes: ReadonlySet<string>): Collection[] {
  return pods
    .filter((pod) => absentNodes.has(pod.spec?.nodeName ?? ''))
    .map((pod) => ({ pod, disruption: 'PodGC: node no longer exists' }));
}

const compare = (a: string | undefined, b: string | undefined): number =>
  (a ?? '') < (b ?? '') ? -1 : a === b ? 0 : 1;
