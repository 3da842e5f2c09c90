import type { Pod } from '../../shared/api/kinds.ts';

/** `web_default(6f1c…)`: how the kubelet names a pod in messages (pkg/kubelet/util/format). */
export function describePod(pod: Pod): string {
  return `${pod.metadata?.name}_${pod.metadata?.namespace}(${pod.metadata?.uid})`;
}
