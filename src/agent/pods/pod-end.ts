import type { Pod } from '../../shared/api/kinds.ts';

/** Why the kubelet ends a pod for good; both go into its status, and `message` into the event called `reason`. */
export interface PodEnd {
  reason: string;
  message: string;
  /** How long it has to stop; its own grace period when left out. */
  graceSeconds?: number;
  /** Set for an eviction: the pod's DisruptionTarget condition says so too. */
  disrupted?: true;
}

/** When a pod has used up its `activeDeadlineSeconds`, in milliseconds; undefined when it has none or has not begun. */
export function activeDeadlineOf({ spec, status }: Pod): number | undefined {
  if (spec?.activeDeadlineSeconds === undefined || !status?.startTime) return undefined;
  return Date.parse(status.startTime) + spec.activeDeadlineSeconds * 1000;
}

/** The end of a pod that was active for too long (pkg/kubelet/active_deadline.go). */
export function deadlineEnd(pod: Pod, now: number): PodEnd | undefined {
  const deadline = activeDeadlineOf(pod);
  if (deadline === undefined || now < deadline) return undefined;
  return {
    reason: 'DeadlineExceeded',
    message: 'Pod was active on the node longer than the specified deadline',
  };
}
