import { CONTAINER_LABELS } from '../../shared/agent-config.ts';
import type { Pod } from '../../shared/api/kinds.ts';

/** Labels besides the shared ones, by which the agent finds its state again in Docker. Names are the CRI's where it has one. */
export const LABELS = {
  ...CONTAINER_LABELS,
  restartCount: 'io.kubernetes.container.restartCount',
  specHash: 'io.kubernetes.container.hash',
  sandboxId: 'io.kubernetes.sandbox.id',
  podIp: 'wheelhouse.dev/pod-ip',
  image: 'wheelhouse.dev/image',
} as const;

/** The labels that tie a container to its pod. */
export function podLabels(pod: Pod, clusterId: string, role: 'sandbox' | 'container'): Record<string, string> {
  return {
    [LABELS.cluster]: clusterId,
    [LABELS.role]: role,
    [LABELS.podName]: pod.metadata?.name ?? '',
    [LABELS.podNamespace]: pod.metadata?.namespace ?? '',
    [LABELS.podUid]: pod.metadata?.uid ?? '',
  };
}

/** `k8s_app_web-1_default_UID_0`: the name dockershim gave, so that `docker ps` reads as people know it. `POD` is the sandbox. */
export function dockerName(pod: Pod, container: string, attempt: number): string {
  const { name, namespace, uid } = pod.metadata ?? {};
  return ['k8s', container, name, namespace, uid, attempt].join('_');
}
