import type { Pod } from '../../shared/api/kinds.ts';
import { wholeValue } from '../../shared/api/quantity.ts';
import type { Crossed } from './thresholds.ts';

/** What a pod's containers use, by container name: bytes of memory or disk. */
export type Usage = ReadonlyMap<string, number>;

/** A pod that may be evicted; without usage when nothing is known of it. */
export interface Candidate {
  pod: Pod;
  usage: Usage | undefined;
}

/** Priority from which a pod is critical (scheduling.SystemCriticalPriority): it is never evicted. */
const CRITICAL_PRIORITY = 2_000_000_000;

/**
 * The pods in the order in which they are evicted (pkg/kubelet/eviction/helpers.go): those that use more than they asked
 * for first, then by lower priority, then by how much more. Of processes only priority is known.
 */
export function rank(candidates: readonly Candidate[], resource: Crossed['resource']): Candidate[] {
  const keyed = candidates
    .filter(({ pod }) => priorityOf(pod) < CRITICAL_PRIORITY)
    .map((candidate) => {
      const over = overRequest(candidate, resource);
      return { candidate, over, priority: priorityOf(candidate.pod) };
    });
  const byRequest = resource !== 'pids';
  keyed.sort(
    (a, b) =>
      (byRequest ? Number(b.over > 0) - Number(a.over > 0) : 0) || a.priority - b.priority || compare(b.over, a.over),
  );
  return keyed.map(({ candidate }) => candidate);
}

const compare = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);
const priorityOf = ({ spec }: Pod): number => spec?.priority ?? 0;

/** Usage above the request; a pod of which nothing is known goes first. */
function overRequest({ pod, usage }: Candidate, resource: Crossed['resource']): number {
  if (resource === 'pids') return 0;
  if (!usage) return Infinity;
  const used = [...usage.values()].reduce((sum, each) => sum + each, 0);
  if (resource === 'inodes') return used;
  const asked = (pod.spec?.containers ?? []).reduce((sum, container) => sum + requestOf(container, resource), 0);
  return used - asked;
}

/** A container's request in bytes; 0 without one. */
export function requestOf(
  container: NonNullable<Pod['spec']>['containers'][number],
  resource: 'memory' | 'ephemeral-storage',
): number {
  const request = container.resources?.requests?.[resource];
  return request === undefined ? 0 : wholeValue(request);
}
