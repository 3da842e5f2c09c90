import { createHash } from 'node:crypto';
import type { Ingress, IngressClass, Secret } from '../../shared/api/kinds.ts';
import { backendOf, type ServiceView } from './backends.ts';
import { pemOf } from './certificate.ts';
import { IN_CONTAINER } from './ingress-container.ts';
import { nginxConfig, type ServedHost } from './nginx-config.ts';
import { collectRoutes, type IngressProblem, type Route } from './routes.ts';

export const HTTP_PORT = 80;
export const HTTPS_PORT = 443;

/** Everything that is served, as far as known. */
export interface SiteInput {
  ingresses: readonly Ingress[];
  classes: readonly IngressClass[];
  services: ServiceView;
  /** By `namespace/name`; undefined when it cannot be had. */
  secret(key: string): Secret | undefined;
  /** PEM, for hosts without a certificate of their own. */
  defaultCertificate: string;
  /** Where names are asked for, `ip:port`. */
  resolver: string;
  workers: number;
}

export interface SiteProblem extends Omit<IngressProblem, 'reason'> {
  reason: IngressProblem['reason'] | 'InvalidCertificate' | 'MissingSecret' | 'Rejected';
}

/** The configuration and the files it names, which are called after their content: none is ever changed in place. */
export interface Site {
  config: string;
  /** Name below the configuration folder → content. */
  files: Map<string, string>;
  problems: SiteProblem[];
}

/** Puts the site together. Whatever is wrong with one Ingress costs that part of it only. */
export function renderSite(input: SiteInput): Site {
  const { routes, tls, problems } = collectRoutes(input.ingresses, input.classes);
  const site: Site = { config: '', files: new Map(), problems: [...problems] };
  const byKey = new Map(input.ingresses.map((item) => [`${item.metadata?.namespace}/${item.metadata?.name}`, item]));
  const fallback = addFile(site, 'certificates', 'pem', input.defaultCertificate);
  const certificateOf = new Map<string, string>();
  for (const [host, secret] of tls) {
    const file = certificateFile(site, input, secret, host, byKey);
    if (file !== undefined) certificateOf.set(host, file);
  }
  const names = [...new Set(['', ...routes.map(({ host }) => host)])].sort();
  const hosts = names.map((host): ServedHost => {
    // The host's own, that of the wildcard it falls under, or one that is meant for all.
    const wildcard = `*${host.slice(host.indexOf('.'))}`;
    const own = certificateOf.get(host) ?? certificateOf.get(wildcard) ?? certificateOf.get('');
    return {
      host,
      certificateFile: own ?? fallback,
      routes: routes
        .filter((route) => route.host === host)
        .map((route) => {
          const usersFile = usersFileOf(site, input, route, byKey);
          return {
            route,
            backend: backendOf(route, input.services),
            secure: own !== undefined,
            ...(usersFile === undefined ? {} : { usersFile }),
          };
        }),
    };
  });
  site.config = nginxConfig({
    hosts,
    httpPort: HTTP_PORT,
    httpsPort: HTTPS_PORT,
    resolver: input.resolver,
    workers: input.workers,
    user: 'nobody nobody',
    runDir: IN_CONTAINER.run,
    logDir: IN_CONTAINER.log,
  });
  return site;
}

/** Adds a file under the name of its content; returns where it is inside the container. */
function addFile(site: Site, folder: string, extension: string, content: string): string {
  const name = `${folder}/${createHash('sha256').update(content).digest('hex').slice(0, 24)}.${extension}`;
  site.files.set(name, content);
  return `${IN_CONTAINER.conf}/${name}`;
}

function certificateFile(
  site: Site,
  input: SiteInput,
  key: string,
  host: string,
  ingresses: ReadonlyMap<string, Ingress>,
): string | undefined {
  const secret = input.secret(key);
  const complain = (reason: SiteProblem['reason'], message: string): void => {
    for (const ingress of ingresses.values())
      if (ingress.spec?.tls?.some(({ secretName }) => `${ingress.metadata?.namespace}/${secretName}` === key))
        site.problems.push({ ingress, reason, message });
  };
  const consequence = `${host || 'its hosts'} is served with a certificate that nobody trusts`;
  if (!secret) {
    complain('MissingSecret', `Secret ${key} of spec.tls does not exist; ${consequence}`);
    return undefined;
  }
  try {
    return addFile(site, 'certificates', 'pem', pemOf(secret.data));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    complain('InvalidCertificate', `Secret ${key} of spec.tls cannot be used: ${why}; ${consequence}`);
    return undefined;
  }
}

/** A line of an htpasswd file; anything else in it is left out. */
const USER = /^[^:\s]+:\S+$/;

function usersFileOf(
  site: Site,
  input: SiteInput,
  route: Route,
  ingresses: ReadonlyMap<string, Ingress>,
): string | undefined {
  const { basicAuth } = route.options;
  if (!basicAuth) return undefined;
  const key = `${route.backend.namespace}/${basicAuth.secret}`;
  const text = Buffer.from(input.secret(key)?.data?.['auth'] ?? '', 'base64').toString();
  const users = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => USER.test(line));
  if (users.length > 0) return addFile(site, 'users', 'htpasswd', `${users.join('\n')}\n`);
  const ingress = ingresses.get(route.ingress);
  const message = `Secret ${key} of auth-secret has no users under the key auth; nobody is let in`;
  if (ingress) site.problems.push({ ingress, reason: 'MissingSecret', message });
  return undefined;
}

/** The Secrets of these Ingresses, `namespace/name`: certificates and users. */
export function secretsOf(ingresses: readonly Ingress[], classes: readonly IngressClass[]): Set<string> {
  const { routes, tls } = collectRoutes(ingresses, classes);
  const users = routes.flatMap(({ options, backend }) =>
    options.basicAuth ? [`${backend.namespace}/${options.basicAuth.secret}`] : [],
  );
  return new Set([...tls.values(), ...users]);
}
