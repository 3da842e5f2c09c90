import { isNotFound } from '../../../shared/api/errors.ts';
import { NODES, PODS, pathOf, type Pod } from '../../../shared/api/kinds.ts';
import { nameOf } from '../../../shared/api/meta.ts';
import type { ApiClient } from '../../../shared/client/api-client.ts';
import { countText } from '../ui/quantity-text.ts';

/** Between two looks at the pods that are still there. */
const LOOK_MS = 1000;
/** kubectl drain's own wait between attempts at an eviction that a disruption budget refuses. */
const RETRY_MS = 5000;

/** What a drain says while it goes on. */
export interface DrainProgress {
  readonly signal: AbortSignal;
  step(text: string): void;
}

/** Waits, or rejects when the task is cancelled. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(new Error('Cancelled. The Node stays cordoned.'));
    });
  });
}

/** Pods that a drain moves: not finished, and not made by the node itself or by a DaemonSet, which would come back at once. */
export function isDrained(pod: Pod): boolean {
  const phase = pod.status?.phase;
  const mirror = pod.metadata?.annotations?.['kubernetes.io/config.mirror'] !== undefined;
  const daemon =
    pod.metadata?.ownerReferences?.some((owner) => owner.kind === 'DaemonSet' && owner.controller) ?? false;
  return phase !== 'Succeeded' && phase !== 'Failed' && !mirror && !daemon;
}

/** `kubectl drain`: cordons, evicts each Pod through the eviction API, and waits until they are gone. */
export async function drainNode(api: ApiClient, node: string, progress: DrainProgress): Promise<void> {
  progress.step('Cordon the Node');
  await api.patch(NODES, { name: node }, { spec: { unschedulable: true } });
  const pods = await podsOf(api, node);
  for (const pod of pods) {
    progress.step(`Evict ${pod.metadata?.namespace}/${nameOf(pod)}`);
    await evict(api, pod, progress.signal);
  }
  const uids = new Set(pods.map((pod) => pod.metadata?.uid));
  for (let before = -1; ;) {
    const left = (await podsOf(api, node)).filter((pod) => uids.has(pod.metadata?.uid)).length;
    if (left === 0) return;
    if (left !== before) progress.step(`Wait for ${countText(left, 'Pod')} to end`);
    before = left;
    await pause(LOOK_MS, progress.signal);
  }
}

async function podsOf(api: ApiClient, node: string): Promise<Pod[]> {
  return (await api.list(PODS, { fieldSelector: `spec.nodeName=${node}` })).items.filter(isDrained);
}

async function evict(api: ApiClient, pod: Pod, signal: AbortSignal): Promise<void> {
  const { name, namespace } = { name: nameOf(pod), namespace: pod.metadata?.namespace ?? '' };
  for (;;) {
    signal.throwIfAborted();
    try {
      await api.transport.request({
        method: 'POST',
        path: pathOf(PODS, namespace, name, 'eviction'),
        body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } },
      });
      return;
    } catch (error) {
      if (isNotFound(error)) return;
      // 429: a disruption budget does not allow it yet.
      if (!(error instanceof Error && 'code' in error && error.code === 429)) throw error;
    }
    await pause(RETRY_MS, signal);
  }
}
