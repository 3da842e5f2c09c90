import { badRequest } from '../../../shared/api/errors.ts';
import { PODS, SERVICES, type Pod } from '../../../shared/api/kinds.ts';
import { asObject } from '../registry/as-object.ts';
import { readStored } from '../resource-handlers.ts';
import type { ResourceDeps, ResourceRequest } from '../resource-request.ts';
import { endpointsOf } from '../service-endpoints.ts';
import type { PodPort } from '../streaming/pod-connection.ts';

/** What a proxy request is for: `https:web:8443` is scheme, name and port; the name alone will do. */
export interface ProxyName {
  scheme: 'http' | 'https';
  name: string;
  /** A number or a name; empty when none was given. */
  port: string;
}

/** Reads `[scheme:]name[:port]` (utilnet.SplitSchemeNamePort). Throws 400. */
export function proxyNameOf(text: string, what: 'pod' | 'service'): ProxyName {
  const parts = text.split(':');
  const wrong = badRequest(`invalid ${what} request ${JSON.stringify(text)}`);
  if (parts.length > 3) throw wrong;
  const [scheme, name = '', port = ''] =
    parts.length === 3 ? parts : parts.length === 2 ? ['', ...parts] : ['', parts[0]];
  if ((scheme !== '' && scheme !== 'http' && scheme !== 'https') || name === '') throw wrong;
  return { scheme: scheme === 'https' ? 'https' : 'http', name, port };
}

export interface ProxyTarget {
  scheme: 'http' | 'https';
  /** Any of these will do. */
  pods: PodPort[];
  /** What the application is called by: `web:80`. */
  host: string;
}

/**
 * Where a request to pods/NAME/proxy or services/NAME/proxy goes: only ever to a port of a pod that the API knows, through
 * its node, so that the name in the path is never more than a name. Throws 400, 404 and 503.
 */
export async function proxyTargetOf(deps: ResourceDeps, request: ResourceRequest): Promise<ProxyTarget> {
  const { target, call } = request;
  const isService = target.kind.type.plural === SERVICES.plural;
  const { scheme, name, port } = proxyNameOf(target.name, isService ? 'service' : 'pod');
  if (isService) {
    const { pods, port: meant } = await endpointsOf(
      deps.registry,
      { namespace: target.namespace, name, port },
      call.signal,
    );
    return { scheme, pods, host: `${name}:${meant.port}` };
  }
  const stored = await readStored(deps, { ...request, target: { ...target, name } });
  const pod = asObject(stored) as Pod;
  const node = pod.spec?.nodeName;
  if (!node) throw badRequest(`pod ${name} does not have a host assigned`);
  const number = port === '' ? firstPort(pod, scheme) : portNumber(port);
  return {
    scheme,
    pods: [{ node, namespace: target.namespace, pod: name, port: number }],
    host: `${name}:${number}`,
  };
}

/** The first port that any container says it has; what the scheme is known by when none does. */
function firstPort({ spec }: Pod, scheme: ProxyName['scheme']): number {
  const said = (spec?.containers ?? []).flatMap(({ ports = [] }) => ports)[0]?.containerPort;
  return said ?? (scheme === 'https' ? 443 : 80);
}

function portNumber(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw badRequest(`invalid pod port ${JSON.stringify(text)} in ${PODS.plural}/proxy`);
  return port;
}
