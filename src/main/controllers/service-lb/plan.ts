import type { EndpointSlice, Node, Service } from '../../../shared/api/kinds.ts';
import { SIMULATED_LABEL } from '../../../shared/api/machine.ts';
import { keyOf } from '../../../shared/api/meta.ts';

/** The class of this load balancer; Services without a class are its too. */
export const LOAD_BALANCER_CLASS = 'wheelhouse.dev/service-lb';
/** Upstream's label of nodes that are not to be load balancers. */
const EXCLUDED_LABEL = 'node.kubernetes.io/exclude-from-external-load-balancers';

export const isBalanced = ({ spec, metadata }: Service): boolean =>
  spec?.type === 'LoadBalancer' &&
  metadata?.deletionTimestamp === undefined &&
  (spec.loadBalancerClass === undefined || spec.loadBalancerClass === LOAD_BALANCER_CLASS);

export interface Balance {
  /** Addresses of the machines that take the Service's traffic, sorted. */
  ips: string[];
  /** Why there are none, where the Service itself is the reason. */
  refused?: { reason: string; message: string };
}

export interface BalanceInput {
  service: Service;
  /** All Services this load balancer does. */
  others: readonly Service[];
  nodes: readonly Node[];
  /** Slices of the Service. */
  slices: readonly EndpointSlice[];
  /** TCP ports of machines that must stay theirs: we could not reach them any more. */
  reservedPorts: ReadonlySet<number>;
}

/**
 * Every machine is the load balancer, as with k3s's ServiceLB: traffic to its address and the Service's port goes to
 * the Service. Of two Services that want one port the older has it.
 */
export function planBalance({ service, others, nodes, slices, reservedPorts }: BalanceInput): Balance {
  const reserved = service.spec?.ports?.find(({ port = 0, protocol }) => protocol === 'TCP' && reservedPorts.has(port));
  if (reserved) {
    const message = `port ${String(reserved.port)} is taken by SSH on the machines`;
    return { ips: [], refused: { reason: 'PortReserved', message } };
  }
  const rival = others.find((other) => comesBefore(other, service) && wantsSamePort(other, service));
  if (rival) {
    const message = `Service ${keyOf(rival)} already has one of its ports on the machines`;
    return { ips: [], refused: { reason: 'PortConflict', message } };
  }
  const local = service.spec?.externalTrafficPolicy === 'Local' ? nodesWithEndpoints(slices) : undefined;
  const taking = nodes.filter((node) => takesTraffic(node) && (!local || local.has(node.metadata?.name ?? '')));
  return { ips: [...new Set(taking.flatMap((node) => addressOf(node) ?? []))].sort() };
}

function comesBefore(a: Service, b: Service): boolean {
  if (keyOf(a) === keyOf(b)) return false;
  const [at, bt] = [a.metadata?.creationTimestamp ?? '', b.metadata?.creationTimestamp ?? ''];
  return at === bt ? keyOf(a) < keyOf(b) : at < bt;
}

function wantsSamePort(a: Service, b: Service): boolean {
  const ports = (service: Service): string[] =>
    (service.spec?.ports ?? []).map(({ protocol = 'TCP', port }) => `${protocol}/${String(port)}`);
  const taken = new Set(ports(a));
  return ports(b).some((port) => taken.has(port));
}

function nodesWithEndpoints(slices: readonly EndpointSlice[]): Set<string> {
  const endpoints = slices.flatMap((slice) => slice.endpoints ?? []);
  return new Set(
    endpoints.filter(({ conditions }) => conditions?.ready !== false).map(({ nodeName }) => nodeName ?? ''),
  );
}

function takesTraffic({ metadata, status }: Node): boolean {
  const labels = metadata?.labels ?? {};
  if (labels[SIMULATED_LABEL] === 'true' || EXCLUDED_LABEL in labels || metadata?.deletionTimestamp) return false;
  return status?.conditions?.some(({ type, status: state }) => type === 'Ready' && state === 'True') ?? false;
}

/** The address others reach the machine at. */
function addressOf({ status }: Node): string | undefined {
  const of = (wanted: string): string | undefined => status?.addresses?.find(({ type }) => type === wanted)?.address;
  return of('ExternalIP') ?? of('InternalIP');
}
