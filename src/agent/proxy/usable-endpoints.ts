import type { Endpoint } from './endpoints.ts';
import type { ServicePort } from './service-port.ts';

/** Where a Service's port is sent to from this node. */
export interface UsableEndpoints {
  /** For traffic that may go to any node. */
  readonly cluster: readonly Endpoint[];
  /** For traffic that must stay on this node. */
  readonly local: readonly Endpoint[];
  /** Whether there is an endpoint anywhere: without one connections are refused, with one elsewhere only they are dropped. */
  readonly any: boolean;
}

const isLastResort = ({ serving, terminating }: Endpoint): boolean => serving && terminating;

/**
 * Ready endpoints, else those on their way out that still answer, chosen apart for cluster-wide and for node-local
 * traffic; with hints only those meant for this node or its zone (pkg/proxy/topology.go CategorizeEndpoints).
 */
export function usableEndpoints(
  endpoints: readonly Endpoint[],
  port: Pick<ServicePort, 'internalLocal' | 'externalLocal'>,
  node: { name: string; zone: string | undefined },
): UsableEndpoints {
  const ready = endpoints.filter((endpoint) => endpoint.ready);
  const lastResort = endpoints.filter((endpoint) => !endpoint.ready && isLastResort(endpoint));
  const cluster = ready.length > 0 ? hinted(ready, node) : lastResort;
  if (!port.internalLocal && !port.externalLocal) return { cluster, local: [], any: cluster.length > 0 };
  const readyHere = ready.filter(({ local }) => local);
  const local = readyHere.length > 0 ? readyHere : lastResort.filter((endpoint) => endpoint.local);
  return { cluster, local, any: ready.length + lastResort.length > 0 };
}

/** Hints count only when every ready endpoint has them and one is for us: node before zone. */
function hinted(ready: readonly Endpoint[], node: { name: string; zone: string | undefined }): readonly Endpoint[] {
  if (ready.every(({ nodeHints }) => nodeHints.length > 0)) {
    const here = ready.filter(({ nodeHints }) => nodeHints.includes(node.name));
    if (here.length > 0) return here;
  }
  const { zone } = node;
  if (zone !== undefined && ready.every(({ zoneHints }) => zoneHints.length > 0)) {
    const here = ready.filter(({ zoneHints }) => zoneHints.includes(zone));
    if (here.length > 0) return here;
  }
  return ready;
}
