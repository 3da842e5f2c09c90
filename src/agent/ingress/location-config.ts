import { createHash } from 'node:crypto';
import type { IngressOptions } from './annotations.ts';
import type { Backend } from './backends.ts';
import type { Route } from './routes.ts';

/** What a route comes to: where it leads, and the files it needs. */
export interface ServedRoute {
  route: Route;
  backend: Backend;
  /** The users of basic authentication; undefined where it is asked for and cannot be had. */
  usersFile?: string;
  /** Whether its host has a certificate of its own. */
  secure: boolean;
}

/** Names of zones and variables that belong to one Ingress. */
export const idOf = (ingress: string): string => createHash('sha256').update(ingress).digest('hex').slice(0, 12);

/** The directives inside a `location` of this route. */
export function locationBody(served: ServedRoute): string[] {
  const { route, backend } = served;
  const { options } = route;
  return [
    `set $ingress_name "${route.ingress}";`,
    `set $service_name "${route.backend.service}:${route.backend.port}";`,
    ...redirects(served),
    ...access(served),
    ...limits(route),
    ...(options.cors ? cors(route.ingress, options.cors) : []),
    ...(backend.type === 'none' ? ['return 503;'] : forwarding(served, backend)),
  ];
}

function redirects({ route: { options }, secure }: ServedRoute): string[] {
  if (options.redirect) return [`return ${options.redirect.code} ${options.redirect.url};`];
  return (secure && options.sslRedirect) || options.forceSslRedirect
    ? ['if ($scheme = http) { return 308 https://$host$request_uri; }']
    : [];
}

function access({ route: { options }, usersFile }: ServedRoute): string[] {
  const ranges = options.allowRanges.map((range) => `allow ${range};`);
  return [
    ...(ranges.length > 0 ? [...ranges, 'deny all;'] : []),
    // Asked for and not to be had: nobody gets in.
    ...(options.basicAuth
      ? usersFile
        ? [`auth_basic "${options.basicAuth.realm}";`, `auth_basic_user_file ${usersFile};`]
        : ['return 503;']
      : []),
  ];
}

function limits({ ingress, options: { rate } }: Route): string[] {
  if (!rate) return [];
  const id = idOf(ingress);
  return [
    ...(rate.perSecond ? [`limit_req zone=rps_${id} burst=${rate.burst} nodelay;`] : []),
    ...(rate.perMinute ? [`limit_req zone=rpm_${id} burst=${rate.burst} nodelay;`] : []),
    ...(rate.connections ? [`limit_conn conn_${id} ${rate.connections};`] : []),
  ];
}

function cors(ingress: string, wanted: NonNullable<IngressOptions['cors']>): string[] {
  const id = idOf(ingress);
  const headers = [
    `add_header Access-Control-Allow-Origin $cors_origin_${id} always;`,
    ...(wanted.credentials ? [`add_header Access-Control-Allow-Credentials $cors_credentials_${id} always;`] : []),
    ...(wanted.expose ? [`add_header Access-Control-Expose-Headers "${wanted.expose}" always;`] : []),
    'add_header Vary Origin always;',
  ];
  const preflight = [
    ...headers,
    `add_header Access-Control-Allow-Methods "${wanted.methods}" always;`,
    `add_header Access-Control-Allow-Headers "${wanted.headers}" always;`,
    `add_header Access-Control-Max-Age ${wanted.maxAge} always;`,
    'return 204;',
  ];
  return [`if ($request_method = OPTIONS) { ${preflight.join(' ')} }`, ...headers];
}

function forwarding({ route }: ServedRoute, backend: Exclude<Backend, { type: 'none' }>): string[] {
  const { options } = route;
  const grpc = options.protocol.startsWith('GRPC');
  const scheme = { HTTP: 'http', HTTPS: 'https', GRPC: 'grpc', GRPCS: 'grpcs' }[options.protocol];
  const [prefix, pass] = grpc ? ['grpc', 'grpc_pass'] : ['proxy', 'proxy_pass'];
  const target = backend.type === 'servers' ? backend.upstream.name : '$external_target';
  return [
    ...(options.rewriteTarget && route.match === 'regex'
      ? [`rewrite "(?i)${route.path}" ${options.rewriteTarget} break;`]
      : options.rewriteTarget
        ? [`rewrite ^ ${options.rewriteTarget} break;`]
        : []),
    ...(backend.type === 'servers' && backend.upstream.stickyCookie ? stickyCookie(route.options, route.ingress) : []),
    `client_max_body_size ${options.bodySize};`,
    ...(backend.type === 'name' ? [`set $external_target ${backend.host}:${backend.port};`] : []),
    ...requestHeaders(prefix, options, backend),
    `${prefix}_connect_timeout ${options.connectTimeout};`,
    `${prefix}_read_timeout ${options.readTimeout};`,
    `${prefix}_send_timeout ${options.sendTimeout};`,
    // An endpoint that refuses is one that has just gone: the next is tried, with whatever was not sent yet.
    `${prefix}_next_upstream error timeout;`,
    `${prefix}_next_upstream_tries 3;`,
    ...(grpc ? [] : [`proxy_buffering ${options.buffering ? 'on' : 'off'};`, 'proxy_http_version 1.1;']),
    ...(scheme.endsWith('s') && backend.type === 'name' ? [`${prefix}_ssl_server_name on;`] : []),
    `${pass} ${scheme}://${target};`,
  ];
}

function requestHeaders(prefix: string, { upstreamHost }: IngressOptions, backend: Backend): string[] {
  const set = (name: string, value: string): string => `${prefix}_set_header ${name} ${value};`;
  const host = upstreamHost ?? (backend.type === 'name' ? backend.host : '$http_host');
  return [
    set('Host', host),
    ...(prefix === 'proxy' ? [set('Upgrade', '$http_upgrade'), set('Connection', '$connection_upgrade')] : []),
    set('X-Request-ID', '$request_id'),
    set('X-Real-IP', '$remote_addr'),
    set('X-Forwarded-For', '$remote_addr'),
    set('X-Forwarded-Host', '$http_host'),
    set('X-Forwarded-Port', '$server_port'),
    set('X-Forwarded-Proto', '$scheme'),
    set('X-Forwarded-Scheme', '$scheme'),
    // httpoxy: a client must not set it for a CGI behind us.
    set('Proxy', '""'),
  ];
}

/** A client without the cookie is given one (the map `$sticky_header_…` is empty for all others). */
const stickyCookie = ({ stickyCookie: cookie }: IngressOptions, ingress: string): string[] =>
  cookie ? [`add_header Set-Cookie $sticky_header_${idOf(ingress)} always;`] : [];
