import type { Upstream } from './backends.ts';
import type { IngressOptions } from './annotations.ts';
import { idOf, locationBody, type ServedRoute } from './location-config.ts';

/** One host with what is served under it; the empty host is everyone's who is not named. */
export interface ServedHost {
  host: string;
  /** Certificate and key in one PEM file. */
  certificateFile: string;
  routes: readonly ServedRoute[];
}

export interface NginxInput {
  hosts: readonly ServedHost[];
  httpPort: number;
  httpsPort: number;
  /** Resolves the names of ExternalName Services. */
  resolver: string;
  workers: number;
  /** Whom the workers run as, with the group: `nobody nobody`. */
  user: string;
  /** Where nginx writes: its process id and temporary files, and its log. */
  runDir: string;
  logDir: string;
}

/** The whole nginx.conf. The same input always makes the same text: nginx is reloaded only for a change. */
export function nginxConfig(input: NginxInput): string {
  const routes = input.hosts.flatMap((host) => host.routes);
  const upstreams = new Map(
    routes.flatMap(({ backend }) => (backend.type === 'servers' ? [[backend.upstream.name, backend.upstream]] : [])),
  );
  const body = [
    ...general(input),
    `resolver ${input.resolver} valid=5s ipv6=off;`,
    ...[...byIngress(routes)].flatMap(([ingress, options]) => sharedParts(ingress, options)),
    ...stickyKeys([...upstreams.values()]),
    ...[...upstreams.values()].sort((a, b) => (a.name < b.name ? -1 : 1)).map(upstreamBlock),
    ...input.hosts.map((host) => serverBlock(host, input)),
  ];
  return `${preamble(input)}http {\n${indent(body)}\n}\n`;
}

/** Old workers finish what they began (worker_shutdown_timeout): no connection is dropped by a reload. */
const preamble = ({ workers, runDir, user }: NginxInput): string => `user ${user};
worker_processes ${workers};
worker_rlimit_nofile 65536;
worker_shutdown_timeout 240s;
pid ${runDir}/nginx.pid;
error_log stderr notice;
events {
  worker_connections 16384;
  multi_accept on;
}
`;

const LOG_FORMAT = [
  '"time":"$time_iso8601"',
  '"remote_addr":"$remote_addr"',
  '"method":"$request_method"',
  '"scheme":"$scheme"',
  '"host":"$host"',
  '"uri":"$request_uri"',
  '"status":$status',
  '"bytes":$body_bytes_sent',
  '"seconds":$request_time',
  '"ingress":"$ingress_name"',
  '"service":"$service_name"',
  '"upstream":"$upstream_addr"',
  '"upstream_status":"$upstream_status"',
  '"request_id":"$request_id"',
].join(',');

const general = ({ runDir, logDir }: NginxInput): string[] => [
  'default_type application/octet-stream;',
  'server_tokens off;',
  'tcp_nodelay on;',
  'keepalive_timeout 75s;',
  'keepalive_requests 10000;',
  'client_header_timeout 60s;',
  'client_body_timeout 60s;',
  'server_names_hash_bucket_size 256;',
  'server_names_hash_max_size 8192;',
  'variables_hash_bucket_size 128;',
  'map_hash_bucket_size 256;',
  'ssl_protocols TLSv1.2 TLSv1.3;',
  'ssl_session_cache shared:ssl:10m;',
  'ssl_session_timeout 10m;',
  'ssl_session_tickets off;',
  'limit_req_status 429;',
  'limit_conn_status 429;',
  // A backend's kept connection is used again, unless the client asks for another protocol.
  `map $http_upgrade $connection_upgrade { default upgrade; "" ""; }`,
  'map $host $ingress_name { default ""; }',
  'map $host $service_name { default ""; }',
  `log_format wheelhouse escape=json '{${LOG_FORMAT}}';`,
  `access_log ${logDir}/access.log wheelhouse buffer=64k flush=1s;`,
  ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${runDir}/${name};`),
];

/** Options by Ingress, each once: its zones and maps are shared by its routes. */
function byIngress(routes: readonly ServedRoute[]): Map<string, IngressOptions> {
  const found = new Map(routes.map(({ route }) => [route.ingress, route.options]));
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function sharedParts(ingress: string, { rate, cors, stickyCookie }: IngressOptions): string[] {
  const id = idOf(ingress);
  const lines: string[] = [];
  if (rate?.perSecond) lines.push(`limit_req_zone $binary_remote_addr zone=rps_${id}:5m rate=${rate.perSecond}r/s;`);
  if (rate?.perMinute) lines.push(`limit_req_zone $binary_remote_addr zone=rpm_${id}:5m rate=${rate.perMinute}r/m;`);
  if (rate?.connections) lines.push(`limit_conn_zone $binary_remote_addr zone=conn_${id}:5m;`);
  if (cors) {
    lines.push(`map $http_origin $cors_origin_${id} { ${cors.origins.map(originEntry).join(' ')} }`);
    lines.push(`map $cors_origin_${id} $cors_credentials_${id} { "" ""; default true; }`);
  }
  if (stickyCookie) {
    const age = stickyCookie.maxAge === undefined ? '' : `; Max-Age=${stickyCookie.maxAge}`;
    const cookie = `${stickyCookie.name}=$request_id; Path=${stickyCookie.path ?? '/'}${age}; HttpOnly; SameSite=Lax`;
    lines.push(`map $http_cookie $sticky_header_${id} { default "${cookie}"; "~(?:^|; *)${stickyCookie.name}=" ""; }`);
  }
  return lines;
}

function originEntry(origin: string): string {
  if (origin === '*') return 'default $http_origin;';
  const [scheme = '', rest = ''] = origin.split('://');
  const escaped = rest.replace(/^\*\./, '').replaceAll('.', String.raw`\.`);
  return rest.startsWith('*.')
    ? `"~^${scheme}://[A-Za-z0-9-]+\\.${escaped}$" $http_origin;`
    : `"~^${scheme}://${escaped}$" $http_origin;`;
}

/** The value a cookie's servers are chosen by: what the client has, else what it is about to be given. */
function stickyKeys(upstreams: readonly Upstream[]): string[] {
  const names = new Set(upstreams.flatMap(({ stickyCookie }) => stickyCookie ?? []));
  return [...names]
    .sort()
    .map(
      (name) => `map $http_cookie $sticky_key_${idOf(name)} { default $request_id; "~(?:^|; *)${name}=([^; ]+)" $1; }`,
    );
}

function upstreamBlock({ name, servers, stickyCookie }: Upstream): string {
  const lines = [
    ...(stickyCookie ? [`hash $sticky_key_${idOf(stickyCookie)} consistent;`] : ['random two least_conn;']),
    // Whether an endpoint is well is its readiness probe's to say.
    ...servers.map((server) => `server ${server} max_fails=0;`),
    'keepalive 64;',
    'keepalive_timeout 30s;',
  ];
  return `upstream ${name} {\n${indent(lines)}\n}`;
}

function serverBlock({ host, certificateFile, routes }: ServedHost, { httpPort, httpsPort }: NginxInput): string {
  // A port's options are said once, where everyone's server listens.
  const options = host === '' ? ' default_server' : '';
  return `server {\n${indent([
    `listen ${httpPort}${options};`,
    `listen ${httpsPort} ssl http2${options};`,
    `server_name ${serverName(host)};`,
    `ssl_certificate ${certificateFile};`,
    `ssl_certificate_key ${certificateFile};`,
    ...locations(routes),
  ])}\n}`;
}

/** A wildcard stands for one label (networking.k8s.io/v1 IngressRule.host), where nginx's own would take several. */
function serverName(host: string): string {
  if (host === '') return '_';
  return host.startsWith('*.') ? `"~^[^.]+\\.${host.slice(2).replaceAll('.', String.raw`\.`)}$"` : host;
}

/**
 * Exact paths before prefixes, longer prefixes before shorter (nginx's own order); regular expressions by length, after
 * exact paths and before prefixes.
 */
function locations(routes: readonly ServedRoute[]): string[] {
  const exact = new Map<string, string[]>();
  const others: { selector: string; body: string[] }[] = [];
  let root = false;
  for (const served of routes) if (served.route.match === 'exact') exact.set(served.route.path, locationBody(served));
  for (const served of routes) {
    const { match, path, options } = served.route;
    if (options.appRoot && !exact.has('/')) exact.set('/', [`return 302 $scheme://$http_host${options.appRoot};`]);
    if (match === 'regex') others.push({ selector: `~* "^${path.replace(/^\^/, '')}"`, body: locationBody(served) });
    if (match !== 'prefix') continue;
    const folder = path.endsWith('/') ? path : `${path}/`;
    root ||= folder === '/';
    others.push({ selector: folder, body: locationBody(served) });
    // By elements: /foo is meant with everything below it, /foobar is not.
    const itself = folder.slice(0, -1);
    if (itself !== '' && !exact.has(itself)) exact.set(itself, locationBody(served));
  }
  others.sort((a, b) => b.selector.length - a.selector.length || (a.selector < b.selector ? -1 : 1));
  return [
    ...[...exact].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, body]) => block(`= ${path}`, body)),
    ...others.map(({ selector, body }) => block(selector, body)),
    ...(root ? [] : [block('/', ['default_type text/plain;', 'return 404 "default backend - 404\\n";'])]),
  ];
}

const block = (selector: string, body: readonly string[]): string => `location ${selector} {\n${indent(body)}\n}`;
const indent = (lines: readonly string[]): string =>
  lines
    .join('\n')
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
