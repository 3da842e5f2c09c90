import { ENDPOINT_SLICES, SERVICES, type EndpointSlice, type Service } from '../../shared/api/kinds.ts';
import { notFound, serviceUnavailable } from '../../shared/api/errors.ts';
import { asObject } from './registry/as-object.ts';
import type { RegistryContext } from './registry/context.ts';
import { keyFor } from './registry/keys.ts';
import { listObjects } from './registry/list.ts';
import type { Duplex } from 'node:stream';
import type { NodeDialer } from './node-dialer.ts';
import { connectToPod, type PodPort } from './streaming/pod-connection.ts';

type ServicePort = NonNullable<NonNullable<Service['spec']>['ports']>[number];
type Reads = Pick<RegistryContext, 'storage' | 'catalog'>;

/** A Service, and which of its ports is meant: a number, a name, or its only one. */
export interface ServiceAddress {
  namespace: string;
  name: string;
  /** Empty: the only port there is. */
  port: string;
}

/** The port of a Service that is meant; undefined when there is none such (registry/core/service ResourceLocation). */
export function servicePortOf(service: Service, port: string): ServicePort | undefined {
  const ports = service.spec?.ports ?? [];
  if (port === '') return ports.length === 1 ? ports[0] : undefined;
  return ports.find((one) => one.name === port) ?? ports.find((one) => String(one.port) === port);
}

/** Ready endpoints that are pods, as their own port. Endpoints with other addresses are nothing we dial: they are whatever someone wrote. */
export function podsBehind(slices: readonly EndpointSlice[], port: ServicePort): PodPort[] {
  return slices.flatMap(({ endpoints = [], ports = [], metadata }) => {
    const own = ports.find(({ name = '' }) => name === (port.name ?? ''))?.port;
    if (own === undefined) return [];
    return endpoints.flatMap(({ conditions, nodeName, targetRef }) =>
      conditions?.ready !== false && nodeName && targetRef?.kind === 'Pod' && targetRef.name
        ? [{ node: nodeName, namespace: metadata?.namespace ?? '', pod: targetRef.name, port: own }]
        : [],
    );
  });
}

/** The pods behind a Service, of which any one will do. Throws 404 (no such Service) and 503 (no port, no endpoints). */
export async function endpointsOf(
  registry: RegistryContext,
  { namespace, name, port }: ServiceAddress,
  signal: AbortSignal,
): Promise<{ service: Service; port: ServicePort; pods: PodPort[] }> {
  const service = await readService(registry, namespace, name);
  const meant = servicePortOf(service, port);
  if (!meant)
    throw serviceUnavailable(`no service port ${JSON.stringify(port)} found for service ${JSON.stringify(name)}`);
  const kind = registry.catalog.find(ENDPOINT_SLICES.group, ENDPOINT_SLICES.version, ENDPOINT_SLICES.plural);
  if (!kind) throw new Error('EndpointSlices are not served');
  const query = new URLSearchParams({ labelSelector: `kubernetes.io/service-name=${name}` });
  const { items } = await listObjects(registry, kind, namespace, query, signal);
  const pods = podsBehind(
    items.map((item) => asObject(item) as EndpointSlice),
    meant,
  );
  if (pods.length === 0) throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(name)}`);
  return { service, port: meant, pods };
}

async function readService({ storage, catalog }: Reads, namespace: string, name: string): Promise<Service> {
  const kind = catalog.find(SERVICES.group, SERVICES.version, SERVICES.plural);
  const stored = kind && (await storage.get(keyFor(kind, namespace, name)));
  if (!stored) throw notFound(SERVICES, name);
  return asObject(stored.value) as Service;
}

/** Opens a connection to any of these pods: one at random, and the others when it cannot be reached. */
export async function connectToAny(
  dialNode: NodeDialer,
  pods: readonly PodPort[],
  random: () => number,
  signal: AbortSignal,
): Promise<Duplex> {
  const start = Math.floor(random() * pods.length);
  let failure: unknown;
  for (const pod of [...pods.slice(start), ...pods.slice(0, start)]) {
    try {
      return await connectToPod(dialNode, pod, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      failure = error;
    }
  }
  throw failure;
}
