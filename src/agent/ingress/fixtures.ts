import type { Ingress, IngressClass, Service } from '../../shared/api/kinds.ts';
import { INGRESS_CONTROLLER } from '../../shared/api/ingress-serving.ts';
import type { Endpoint } from '../proxy/endpoints.ts';
import { backendOf, type ServiceView } from './backends.ts';
import type { ServedHost } from './nginx-config.ts';
import { collectRoutes, type Routes } from './routes.ts';

type Spec = NonNullable<Ingress['spec']>;
type Path = NonNullable<NonNullable<NonNullable<Spec['rules']>[number]['http']>['paths']>[number];

export const OUR_CLASS: IngressClass = {
  metadata: { name: 'wheelhouse', annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } },
  spec: { controller: INGRESS_CONTROLLER },
};

/** An Ingress of our class in namespace `shop`; annotations without their prefix. */
export function anIngress(name: string, spec: Spec, annotations: Record<string, string> = {}, created = 1): Ingress {
  const prefixed = Object.entries(annotations).map(([key, value]) => [`nginx.ingress.kubernetes.io/${key}`, value]);
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      name,
      namespace: 'shop',
      uid: name,
      creationTimestamp: `2026-01-01T00:00:${String(created).padStart(2, '0')}Z`,
      annotations: Object.fromEntries(prefixed) as Record<string, string>,
    },
    spec: { ingressClassName: 'wheelhouse', ...spec },
  };
}

/** A path that leads to port 80 of a Service. */
export const aPath = (path: string, service: string, pathType = 'Prefix'): Path => ({
  path,
  pathType,
  backend: { service: { name: service, port: { number: 80 } } },
});

/** Services of namespace `shop` with port 80 named `http`, by name, each with its endpoints (`ip:port`). */
export function servicesAt(endpoints: Readonly<Record<string, readonly string[]>>): ServiceView {
  return {
    service: (key): Service | undefined => {
      const [, name = ''] = key.split('/');
      return Object.hasOwn(endpoints, name)
        ? { metadata: { name, namespace: 'shop' }, spec: { ports: [{ name: 'http', port: 80, protocol: 'TCP' }] } }
        : undefined;
    },
    endpoints: (key) => new Map([['tcp/http', (endpoints[key.split('/')[1] ?? ''] ?? []).map(readyEndpoint)]]),
  };
}

function readyEndpoint(address: string): Endpoint {
  const [ip = '', port = ''] = address.split(':');
  const hints = { zoneHints: [], nodeHints: [] };
  return { ip, port: Number(port), local: true, ready: true, serving: true, terminating: false, ...hints };
}

/** Hosts as the manager would put them together, with certificates by host. */
export function hostsOf(
  ingresses: readonly Ingress[],
  view: ServiceView,
  files: { certificate: (host: string) => string; users?: string },
): { hosts: ServedHost[]; collected: Routes } {
  const collected = collectRoutes(ingresses, [OUR_CLASS]);
  const names = [...new Set(['', ...collected.routes.map(({ host }) => host)])].sort();
  const hosts = names.map((host) => ({
    host,
    certificateFile: files.certificate(host),
    routes: collected.routes
      .filter((route) => route.host === host)
      .map((route) => ({
        route,
        backend: backendOf(route, view),
        secure: collected.tls.has(host),
        ...(route.options.basicAuth && files.users ? { usersFile: files.users } : {}),
      })),
  }));
  return { hosts, collected };
}
