import type { Container, Node, Pod } from '../../../shared/api/kinds.ts';
import { milliValue, wholeValue } from '../../../shared/api/quantity.ts';

/** Amounts of what a node has and pods take. CPU in thousandths of a core, memory and storage in bytes. */
export interface Resources {
  milliCpu: number;
  memory: number;
  ephemeralStorage: number;
  pods: number;
  /** Extended resources and huge pages by name. */
  scalar: Map<string, number>;
}

/** What a container without a request counts as when nodes are scored, so that empty requests do not pile up on one node. */
const DEFAULT_MILLI_CPU = 100;
const DEFAULT_MEMORY = 200 * 1024 * 1024;

type Quantities = Record<string, string | number>;

export function resourcesOf(quantities: Quantities | undefined): Resources {
  const resources: Resources = { milliCpu: 0, memory: 0, ephemeralStorage: 0, pods: 0, scalar: new Map() };
  for (const [name, quantity] of Object.entries(quantities ?? {})) {
    if (name === 'cpu') resources.milliCpu = milliValue(quantity);
    else if (name === 'memory') resources.memory = wholeValue(quantity);
    else if (name === 'ephemeral-storage') resources.ephemeralStorage = wholeValue(quantity);
    else if (name === 'pods') resources.pods = wholeValue(quantity);
    else resources.scalar.set(name, wholeValue(quantity));
  }
  return resources;
}

export const allocatableOf = (node: Node | undefined): Resources =>
  resourcesOf(node?.status?.allocatable ?? node?.status?.capacity);

/**
 * What a pod takes (resourcehelper.PodRequests): the sum of its containers and sidecars, or what its hungriest init
 * container needs next to the sidecars started before it, whichever is more; and its overhead. Requests of the pod
 * as a whole go before those of its containers.
 */
export function podRequests(pod: Pod): Resources {
  return requestsWith(pod, (container) => resourcesOf(container.resources?.requests));
}

/** The same with defaults for containers that request no CPU or memory; for scoring only. */
export function nonZeroRequests(pod: Pod): { milliCpu: number; memory: number } {
  return requestsWith(pod, (container) => {
    const requests = container.resources?.requests ?? {};
    const resources = resourcesOf(requests);
    if (!('cpu' in requests)) resources.milliCpu = DEFAULT_MILLI_CPU;
    if (!('memory' in requests)) resources.memory = DEFAULT_MEMORY;
    return resources;
  });
}

function requestsWith(pod: Pod, requestsOf: (container: Container) => Resources): Resources {
  const total = resourcesOf({});
  for (const container of pod.spec?.containers ?? []) add(total, requestsOf(container), 1);
  const sidecars = resourcesOf({});
  const initial = resourcesOf({});
  for (const container of pod.spec?.initContainers ?? []) {
    const requests = requestsOf(container);
    if (container.restartPolicy === 'Always') {
      add(total, requests, 1);
      add(sidecars, requests, 1);
      atLeast(initial, sidecars);
    } else {
      add(requests, sidecars, 1);
      atLeast(initial, requests);
    }
  }
  atLeast(total, initial);
  const whole = pod.spec?.resources?.requests;
  if (whole) override(total, whole);
  add(total, resourcesOf(pod.spec?.overhead), 1);
  return total;
}

/** Adds (`sign` 1) or takes away (-1), in place. */
export function add(to: Resources, amount: Resources, sign: 1 | -1): void {
  to.milliCpu += sign * amount.milliCpu;
  to.memory += sign * amount.memory;
  to.ephemeralStorage += sign * amount.ephemeralStorage;
  for (const [name, value] of amount.scalar) to.scalar.set(name, (to.scalar.get(name) ?? 0) + sign * value);
}

function atLeast(to: Resources, floor: Resources): void {
  to.milliCpu = Math.max(to.milliCpu, floor.milliCpu);
  to.memory = Math.max(to.memory, floor.memory);
  to.ephemeralStorage = Math.max(to.ephemeralStorage, floor.ephemeralStorage);
  for (const [name, value] of floor.scalar) to.scalar.set(name, Math.max(to.scalar.get(name) ?? 0, value));
}

function override(to: Resources, quantities: Quantities): void {
  const whole = resourcesOf(quantities);
  if ('cpu' in quantities) to.milliCpu = whole.milliCpu;
  if ('memory' in quantities) to.memory = whole.memory;
  for (const [name, value] of whole.scalar) to.scalar.set(name, value);
}
