import type { Container, Pod } from '../api/kinds.ts';
import { milliValue, wholeValue } from '../api/quantity.ts';
import { sidecarsOf } from './pod-summary.ts';

/** Cores and bytes. */
export interface Resources {
  cpu: number;
  memory: number;
}

/**
 * What a pod is counted with on its node (upstream resourcehelper.PodRequests): the sum of its containers and sidecars,
 * or what its init containers need at most if that is more, plus overhead.
 */
export function podRequests(pod: Pod): Resources {
  const sidecars = sidecarsOf(pod);
  const running = sum((pod.spec?.containers ?? []).map((container) => requestsOf(container)));
  let beside: Resources = { cpu: 0, memory: 0 };
  let most: Resources = { cpu: 0, memory: 0 };
  for (const container of pod.spec?.initContainers ?? []) {
    const own = requestsOf(container);
    // A sidecar stays; an ordinary init container runs beside the sidecars started before it.
    if (sidecars.has(container.name)) beside = sum([beside, own]);
    const needed = sidecars.has(container.name) ? beside : sum([beside, own]);
    most = { cpu: Math.max(most.cpu, needed.cpu), memory: Math.max(most.memory, needed.memory) };
  }
  const steady = sum([running, beside]);
  const overhead = pod.spec?.overhead ?? {};
  return sum([
    { cpu: Math.max(steady.cpu, most.cpu), memory: Math.max(steady.memory, most.memory) },
    { cpu: cores(overhead['cpu']), memory: bytes(overhead['memory']) },
  ]);
}

/** Cores and bytes of a container's requests; absent ones count 0. */
export function requestsOf(container: Container): Resources {
  const requests = container.resources?.requests ?? {};
  return { cpu: cores(requests['cpu']), memory: bytes(requests['memory']) };
}

const sum = (all: readonly Resources[]): Resources => ({
  cpu: all.reduce((total, { cpu }) => total + cpu, 0),
  memory: all.reduce((total, { memory }) => total + memory, 0),
});
const cores = (quantity: string | undefined): number => (quantity === undefined ? 0 : milliValue(quantity) / 1000);
const bytes = (quantity: string | undefined): number => (quantity === undefined ? 0 : wholeValue(quantity));
