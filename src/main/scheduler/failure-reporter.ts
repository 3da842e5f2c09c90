import { isNotFound } from '../../shared/api/errors.ts';
import { PODS } from '../../shared/api/kinds.ts';
import { nameOf } from '../../shared/api/meta.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import type { PodInfo } from './cache/pod-info.ts';

/** Writes the PodScheduled=False condition; nothing when it says the same already. `now` in milliseconds. */
export async function reportUnschedulable(
  client: ApiClient,
  { pod }: PodInfo,
  failure: { reason: 'Unschedulable' | 'SchedulerError'; message: string },
  now: number,
): Promise<void> {
  const known = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (known?.status === 'False' && known.reason === failure.reason && known.message === failure.message) return;
  const at = new Date(now).toISOString().replace(/\.\d+Z$/, 'Z');
  const lastTransitionTime = known?.status === 'False' ? (known.lastTransitionTime ?? at) : at;
  const condition = { type: 'PodScheduled', status: 'False', lastTransitionTime, ...failure };
  const target = { name: nameOf(pod), namespace: pod.metadata?.namespace, subresource: 'status' };
  try {
    await client.patch(PODS, target, { status: { conditions: [condition] } }, 'strategic');
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
