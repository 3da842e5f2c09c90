import type { NodeInfo } from '../cache/node-info.ts';
import type { Resources } from '../cache/resources.ts';
import type { FilterPlugin, Rejection } from '../framework/plugin.ts';

/** What a pod requests has to fit into what the node can give and has not given yet. Requests of zero always fit. */
export const nodeResourcesFit: FilterPlugin = {
  name: 'NodeResourcesFit',
  retryOn: ['NodeAdded', 'NodeChanged', 'PodRemoved'],
  prepare: ({ requests }) => ({ filter: (node) => (fits(requests, node) ? undefined : shortage(requests, node)) }),
};

/** The quick answer; why not is worked out only when it is no. */
function fits(requests: Resources, { allocatable, requested, pods }: NodeInfo): boolean {
  return (
    pods.size + 1 <= allocatable.pods &&
    (requests.milliCpu === 0 || requests.milliCpu <= allocatable.milliCpu - requested.milliCpu) &&
    (requests.memory === 0 || requests.memory <= allocatable.memory - requested.memory) &&
    (requests.ephemeralStorage === 0 ||
      requests.ephemeralStorage <= allocatable.ephemeralStorage - requested.ephemeralStorage) &&
    (requests.scalar.size === 0 || scarce(requests, allocatable, requested).length === 0)
  );
}

function shortage(requests: Resources, node: NodeInfo): Rejection {
  const { allocatable, requested, pods } = node;
  const reasons: string[] = [];
  let unresolvable = false;
  if (pods.size + 1 > allocatable.pods) reasons.push('Too many pods');
  const check = (name: string, wanted: number, capacity: number, used: number): void => {
    if (wanted === 0 || wanted <= capacity - used) return;
    reasons.push(`Insufficient ${name}`);
    // More than the node has altogether: no pod's leaving would help.
    if (wanted > capacity) unresolvable = true;
  };
  check('cpu', requests.milliCpu, allocatable.milliCpu, requested.milliCpu);
  check('memory', requests.memory, allocatable.memory, requested.memory);
  check('ephemeral-storage', requests.ephemeralStorage, allocatable.ephemeralStorage, requested.ephemeralStorage);
  for (const [name, wanted] of requests.scalar)
    check(name, wanted, allocatable.scalar.get(name) ?? 0, requested.scalar.get(name) ?? 0);
  return { reasons, unresolvable };
}

function scarce(requests: Resources, allocatable: Resources, requested: Resources): string[] {
  return [...requests.scalar].flatMap(([name, wanted]) =>
    wanted > 0 && wanted > (allocatable.scalar.get(name) ?? 0) - (requested.scalar.get(name) ?? 0) ? [name] : [],
  );
}
