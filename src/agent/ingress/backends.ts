import { createHash } from 'node:crypto';
import type { Service } from '../../shared/api/kinds.ts';
import type { Endpoint } from '../proxy/endpoints.ts';
import type { BackendRef, Route } from './routes.ts';

/** What is known of Services and their endpoints. */
export interface ServiceView {
  service(key: string): Service | undefined;
  /** Endpoints by `protocol/port name`, as the service proxy has them. */
  endpoints(key: string): ReadonlyMap<string, readonly Endpoint[]>;
}

/** Where requests of a route go. */
export type Backend =
  | { type: 'servers'; upstream: Upstream }
  /** Looked up at each request: a Service of type ExternalName. */
  | { type: 'name'; host: string; port: number }
  | { type: 'none'; reason: string };

export interface Upstream {
  name: string;
  /** `ip:port`, sorted. */
  servers: readonly string[];
  /** The cookie that keeps a client with its server. */
  stickyCookie?: string;
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);

/** Sends requests straight to the endpoints, as the Service's own address would but with cookies and kept connections. */
export function backendOf({ backend, options }: Route, view: ServiceView): Backend {
  const key = `${backend.namespace}/${backend.service}`;
  const service = view.service(key);
  if (!service) return { type: 'none', reason: `Service ${key} does not exist` };
  if (service.spec?.type === 'ExternalName') return externalName(service, backend);
  const port = service.spec?.ports?.find(({ name, port: number }) => backend.port === number || backend.port === name);
  if (!port) return { type: 'none', reason: `Service ${key} has no port ${backend.port}` };
  const endpoints = view.endpoints(key).get(`${(port.protocol ?? 'TCP').toLowerCase()}/${port.name ?? ''}`) ?? [];
  const servers = serving(endpoints).map(({ ip, port: number }) => `${ip}:${number}`);
  if (servers.length === 0) return { type: 'none', reason: `Service ${key} has no endpoints` };
  const stickyCookie = options.stickyCookie?.name;
  const name = `u_${digest([key, port.port, stickyCookie ?? ''].join(' '))}`;
  return { type: 'servers', upstream: { name, servers, ...(stickyCookie ? { stickyCookie } : {}) } };
}

/** Those that are ready; while there are none, those that still answer on their way out (as kube-proxy does). */
function serving(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const ready = endpoints.filter((endpoint) => endpoint.ready);
  return ready.length > 0 ? ready : endpoints.filter((endpoint) => endpoint.serving && endpoint.terminating);
}

function externalName(service: Service, { port }: BackendRef): Backend {
  const host = service.spec?.externalName ?? '';
  const number = typeof port === 'number' ? port : service.spec?.ports?.find(({ name }) => name === port)?.port;
  // Names are checked by the API server; what ends up in a configuration is checked again.
  if (number === undefined || !/^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(host))
    return { type: 'none', reason: `Service ${service.metadata?.name} names no host and port` };
  return { type: 'name', host, port: number };
}
