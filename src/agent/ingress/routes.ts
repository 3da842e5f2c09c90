import type { Ingress, IngressClass } from '../../shared/api/kinds.ts';
import { isServedByMachines } from '../../shared/api/ingress-serving.ts';
import { readAnnotations, type AnnotationProblem, type IngressOptions } from './annotations.ts';

/** A Service's port as an Ingress names it. */
export interface BackendRef {
  namespace: string;
  service: string;
  port: number | string;
}

export type PathMatch = 'exact' | 'prefix' | 'regex';

/** One path of one host, and where it leads. */
export interface Route {
  host: string;
  match: PathMatch;
  path: string;
  backend: BackendRef;
  /** `namespace/name` of the Ingress it came from. */
  ingress: string;
  options: IngressOptions;
}

/** Something about an Ingress that its owner should hear as an event. */
export interface IngressProblem {
  ingress: Ingress;
  reason: 'InvalidAnnotation' | 'InvalidPath' | 'Conflict' | 'UnsupportedBackend';
  message: string;
}

export interface Routes {
  routes: Route[];
  /** Hosts with a certificate: the Secret of each, `namespace/name`. The empty host is everyone else's. */
  tls: Map<string, string>;
  problems: IngressProblem[];
}

const keyOf = ({ metadata }: Ingress): string => `${metadata?.namespace}/${metadata?.name}`;

/** All routes of our Ingresses. Where two claim the same host and path, the older Ingress has it. */
export function collectRoutes(ingresses: readonly Ingress[], classes: readonly IngressClass[]): Routes {
  const result: Routes = { routes: [], tls: new Map(), problems: [] };
  const owners = new Map<string, string>();
  const ours = ingresses.filter((ingress) => isServedByMachines(ingress, classes)).sort(byAge);
  for (const ingress of ours) {
    const { options, problems } = readAnnotations(ingress.metadata?.annotations);
    for (const problem of problems) result.problems.push(annotationProblem(ingress, problem));
    for (const route of routesOf(ingress, options, result.problems)) {
      const place = `${route.host} ${route.match} ${route.path}`;
      const owner = owners.get(place);
      if (owner === undefined) {
        owners.set(place, route.ingress);
        result.routes.push(route);
      } else if (owner !== route.ingress) {
        const message = `host ${route.host || '*'} and path ${route.path} are already served by Ingress ${owner}`;
        result.problems.push({ ingress, reason: 'Conflict', message });
      }
    }
    for (const { hosts = [], secretName } of ingress.spec?.tls ?? [])
      for (const host of hosts.length > 0 ? hosts : [''])
        if (secretName && !result.tls.has(host)) result.tls.set(host, `${ingress.metadata?.namespace}/${secretName}`);
  }
  return result;
}

function byAge(a: Ingress, b: Ingress): number {
  const [first, second] = [a, b].map(({ metadata }) => String(metadata?.creationTimestamp ?? ''));
  return (first ?? '').localeCompare(second ?? '') || keyOf(a).localeCompare(keyOf(b));
}

const annotationProblem = (ingress: Ingress, { annotation, message }: AnnotationProblem): IngressProblem => ({
  ingress,
  reason: 'InvalidAnnotation',
  message: `${annotation} ${message}; it is left out`,
});

/** What may stand in a path: no space, quote, semicolon or brace, which could end it in nginx's configuration. */
const PLAIN_PATH = /^\/[A-Za-z0-9_\-./~%@:+=&!*,']*$/;
const REGEX_PATH = /^\/[A-Za-z0-9_\-./~%@:+=&!*,?()[\]|^$\\]*$/;

function routesOf(ingress: Ingress, options: IngressOptions, problems: IngressProblem[]): Route[] {
  const { spec } = ingress;
  const routes: Route[] = [];
  const add = (host: string, match: PathMatch, path: string, backend: BackendRef | undefined): void => {
    const place = `${host || '*'}${path}`;
    if (!backend) {
      const message = `${place}: only Services are served as backends`;
      problems.push({ ingress, reason: 'UnsupportedBackend', message });
    } else if (!(match === 'regex' ? isRegexPath(path) : PLAIN_PATH.test(path))) {
      const message = `path ${JSON.stringify(path)} of host ${host || '*'} cannot be served and is left out`;
      problems.push({ ingress, reason: 'InvalidPath', message });
    } else routes.push({ host, match, path, backend, ingress: keyOf(ingress), options });
  };
  const namespace = ingress.metadata?.namespace ?? '';
  if (spec?.defaultBackend) add('', 'prefix', '/', backendOf(spec.defaultBackend, namespace));
  for (const { host = '', http } of spec?.rules ?? []) {
    // A host without paths is served by the default backend.
    if (!http?.paths.length && host && spec?.defaultBackend)
      add(host, 'prefix', '/', backendOf(spec.defaultBackend, namespace));
    for (const { path = '/', pathType, backend } of http?.paths ?? [])
      add(host, matchOf(pathType, options), path === '' ? '/' : path, backendOf(backend, namespace));
  }
  return routes;
}

function matchOf(pathType: string, { useRegex }: IngressOptions): PathMatch {
  if (pathType === 'Exact') return 'exact';
  return useRegex ? 'regex' : 'prefix';
}

function isRegexPath(path: string): boolean {
  if (!REGEX_PATH.test(path)) return false;
  try {
    new RegExp(path, 'i');
    return true;
  } catch {
    // What JavaScript cannot read as an expression PCRE cannot be trusted with either.
    return false;
  }
}

type Backend = NonNullable<NonNullable<Ingress['spec']>['defaultBackend']>;

function backendOf({ service }: Backend, namespace: string): BackendRef | undefined {
  const port = service?.port?.number ?? service?.port?.name;
  return service && port !== undefined ? { namespace, service: service.name, port } : undefined;
}
