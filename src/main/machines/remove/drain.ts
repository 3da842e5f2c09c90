import { isConflict, isNotFound } from '../../../shared/api/errors.ts';
import { NODES, PODS, type Pod } from '../../../shared/api/kinds.ts';
import { nameOf } from '../../../shared/api/meta.ts';
import type { ApiClient } from '../../../shared/client/api-client.ts';
import { Informer } from '../../../shared/client/informer.ts';
import type { Progress } from '../install/install.ts';

/** Kubernetes' default for pods that say nothing. */
const DEFAULT_GRACE_SECONDS = 30;
/** After its grace a pod is killed; this is for the kubelet to notice and report. */
const MARGIN_MS = 15_000;
/** A pod that asks for hours must not hold the removal up for hours. */
const LONGEST_MS = 5 * 60_000;

/** No new pods go to the node. A node that is not there needs none of this. */
export async function cordon(client: ApiClient, nodeName: string): Promise<void> {
  try {
    await client.patch(NODES, { name: nodeName }, { spec: { unschedulable: true } });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

/** How long to wait for these pods, in milliseconds. */
export function drainTimeMs(pods: readonly Pod[]): number {
  const grace = pods.map((pod) => pod.spec?.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS);
  return Math.min(Math.max(0, ...grace) * 1000 + MARGIN_MS, LONGEST_MS);
}

/**
 * Deletes the node's pods gracefully and waits until they are gone. Resolves with the names of those that are still
 * there when their time is over (empty: all stopped in order).
 */
export async function drain(
  client: ApiClient,
  nodeName: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<string[]> {
  const pods = new Informer(client, PODS, { fieldSelector: `spec.nodeName=${nodeName}` });
  try {
    await pods.start();
    const asked = new Set<string>();
    const deleteNew = async (): Promise<void> => {
      const fresh = pods.list().filter((pod) => !asked.has(pod.metadata?.uid ?? ''));
      for (const pod of fresh) {
        asked.add(pod.metadata?.uid ?? '');
        await deletePod(client, pod);
      }
    };
    const deadline = drainTimeMs(pods.list());
    await deleteNew();
    await untilEmpty(pods, deadline, progress, signal);
    return pods.list().map(label);
  } finally {
    pods.stop();
  }
}

/** What is left of the node's pods when its containers are known to be gone: nobody will report their end. */
export async function forgetPods(client: ApiClient, nodeName: string): Promise<void> {
  const { items } = await client.list(PODS, { fieldSelector: `spec.nodeName=${nodeName}` });
  for (const pod of items) await deletePod(client, pod, 0);
}

async function deletePod(client: ApiClient, pod: Pod, gracePeriodSeconds?: number): Promise<void> {
  const { namespace, uid } = pod.metadata ?? {};
  try {
    await client.delete(
      PODS,
      { name: nameOf(pod), namespace },
      { ...(uid ? { uid } : {}), ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }) },
    );
  } catch (error) {
    // Gone meanwhile, or replaced by another of the same name elsewhere: either way not ours to delete any more.
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}

function untilEmpty(pods: Informer<Pod>, timeoutMs: number, progress: Progress, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      stop();
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    };
    const finish = (): void => {
      settle();
      resolve();
    };
    const onAbort = (): void => {
      settle();
      reject(signal.reason);
    };
    const look = (): void => {
      if (pods.size === 0) return finish();
      const names = pods.list().map(label);
      const more = names.length > 5 ? ` and ${names.length - 5} more` : '';
      progress(
        `Waiting for ${names.length === 1 ? 'a pod' : `${names.length} pods`} to stop: ${names.slice(0, 5).join(', ')}${more}.`,
      );
    };
    const timer = setTimeout(finish, timeoutMs);
    const stop = pods.onDidChange(look);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    else look();
  });
}

const label = (pod: Pod): string => `${pod.metadata?.namespace ?? ''}/${nameOf(pod)}`;
