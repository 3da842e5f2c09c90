import { contains, parseCidr } from '../network/cidr.ts';

/** What an Ingress asks for beyond hosts and paths, in the words of ingress-nginx, which most manifests are written for. */
export interface IngressOptions {
  /** Path the backend sees; `$1` … stand for the groups of a regular expression path. */
  rewriteTarget?: string;
  /** Paths are regular expressions. */
  useRegex: boolean;
  /** Where `/` is sent. */
  appRoot?: string;
  redirect?: { code: number; url: string };
  /** nginx sizes and times, e.g. `8m`, `60s`. */
  bodySize: string;
  connectTimeout: string;
  readTimeout: string;
  sendTimeout: string;
  buffering: boolean;
  protocol: 'HTTP' | 'HTTPS' | 'GRPC' | 'GRPCS';
  /** Plain requests are sent to HTTPS. */
  sslRedirect: boolean;
  forceSslRedirect: boolean;
  basicAuth?: { secret: string; realm: string };
  stickyCookie?: { name: string; maxAge?: number; path?: string };
  rate?: { perSecond?: number; perMinute?: number; connections?: number; burst: number };
  cors?: {
    origins: string[];
    methods: string;
    headers: string;
    expose?: string;
    credentials: boolean;
    maxAge: number;
  };
  allowRanges: string[];
  /** The Host header the backend sees, where it is not the client's. */
  upstreamHost?: string;
}

/** A value that is not taken: what it was meant for goes on as if it were not there. */
export interface AnnotationProblem {
  annotation: string;
  message: string;
}

export const PREFIX = 'nginx.ingress.kubernetes.io/';

/*
 * Values end up in nginx's configuration, so each must be of a shape that cannot be anything else there: what is not
 * understood is refused, not quoted. There are no snippets (CVE-2021-25742, CVE-2023-5044, CVE-2025-1974).
 */
const SIZE = /^\d{1,9}[kKmMgG]?$/;
const SECONDS = /^\d{1,6}$/;
const TARGET = /^\/(?:[A-Za-z0-9_\-./~%@:+=&?]|\$\d)*$/;
const PATH = /^\/[A-Za-z0-9_\-./~%@:+]*$/;
const URL = /^https?:\/\/[A-Za-z0-9.-]+(?::\d{1,5})?(?:\/[A-Za-z0-9_\-./~%@:+=&?,]*)?$/;
const COOKIE = /^[A-Za-z0-9_-]{1,64}$/;
const SECRET = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;
const REALM = /^[A-Za-z0-9 _.,:()!-]{1,128}$/;
const TOKENS = /^[A-Za-z0-9_-]+(?: *, *[A-Za-z0-9_-]+)*$/;
const ORIGIN = /^(?:\*|https?:\/\/(?:\*\.)?[A-Za-z0-9.-]+(?::\d{1,5})?)$/;
const HOST = /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(?::\d{1,5})?$/;
const PROTOCOLS = ['HTTP', 'HTTPS', 'GRPC', 'GRPCS'] as const;

const DEFAULT_CORS_HEADERS =
  'DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization';

/** Reads the annotations we know. Those that are wrong are left out, and named. */
export function readAnnotations(annotations: Readonly<Record<string, string>> = {}): {
  options: IngressOptions;
  problems: AnnotationProblem[];
} {
  const reader = new Reader(annotations);
  const rewriteTarget = reader.text('rewrite-target', TARGET, 'a path, with $1 to $9 for groups');
  const appRoot = reader.text('app-root', PATH, 'a path');
  const upstreamHost = reader.text('upstream-vhost', HOST, 'a host name');
  const basicAuth = readBasicAuth(reader);
  const stickyCookie = readSticky(reader);
  const redirect = readRedirect(reader);
  const rate = readRate(reader);
  const cors = readCors(reader);
  const options: IngressOptions = {
    ...(rewriteTarget === undefined ? {} : { rewriteTarget }),
    useRegex: reader.flag('use-regex', false) || rewriteTarget !== undefined,
    ...(appRoot === undefined ? {} : { appRoot }),
    ...(redirect ? { redirect } : {}),
    bodySize: reader.text('proxy-body-size', SIZE, 'a size such as 8m') ?? '1m',
    connectTimeout: reader.seconds('proxy-connect-timeout', '5'),
    readTimeout: reader.seconds('proxy-read-timeout', '60'),
    sendTimeout: reader.seconds('proxy-send-timeout', '60'),
    buffering: reader.flag('proxy-buffering', false, ['on', 'off']),
    protocol: reader.oneOf('backend-protocol', PROTOCOLS) ?? 'HTTP',
    sslRedirect: reader.flag('ssl-redirect', true),
    forceSslRedirect: reader.flag('force-ssl-redirect', false),
    ...(basicAuth ? { basicAuth } : {}),
    ...(stickyCookie ? { stickyCookie } : {}),
    ...(rate ? { rate } : {}),
    ...(cors ? { cors } : {}),
    allowRanges: reader.ranges('whitelist-source-range'),
    ...(upstreamHost === undefined ? {} : { upstreamHost }),
  };
  reader.refuseSnippets();
  return { options, problems: reader.problems };
}

function readBasicAuth(reader: Reader): IngressOptions['basicAuth'] {
  const type = reader.oneOf('auth-type', ['basic'] as const);
  // With or without the namespace, which can only be the Ingress's own.
  const secret = reader.text('auth-secret', SECRET, 'the name of a Secret in the same namespace');
  const realm = reader.text('auth-realm', REALM, 'plain words') ?? 'Authentication Required';
  return type && secret ? { secret, realm } : undefined;
}

function readSticky(reader: Reader): IngressOptions['stickyCookie'] {
  if (!reader.oneOf('affinity', ['cookie'] as const)) return undefined;
  const maxAge = reader.text('session-cookie-max-age', SECONDS, 'seconds');
  const path = reader.text('session-cookie-path', PATH, 'a path');
  return {
    name: reader.text('session-cookie-name', COOKIE, 'letters, digits, _ and -') ?? 'INGRESSCOOKIE',
    ...(maxAge === undefined ? {} : { maxAge: Number(maxAge) }),
    ...(path === undefined ? {} : { path }),
  };
}

function readRedirect(reader: Reader): IngressOptions['redirect'] {
  const permanent = reader.text('permanent-redirect', URL, 'an http or https address');
  if (permanent !== undefined) {
    const code = reader.text('permanent-redirect-code', /^30[1278]$/, '301, 302, 307 or 308') ?? '301';
    return { code: Number(code), url: permanent };
  }
  const temporal = reader.text('temporal-redirect', URL, 'an http or https address');
  return temporal === undefined ? undefined : { code: 302, url: temporal };
}

function readRate(reader: Reader): IngressOptions['rate'] {
  const count = (name: string): number | undefined => {
    const text = reader.text(name, /^[1-9]\d{0,5}$/, 'a whole number above 0');
    return text === undefined ? undefined : Number(text);
  };
  const [perSecond, perMinute, connections] = [count('limit-rps'), count('limit-rpm'), count('limit-connections')];
  if (perSecond === undefined && perMinute === undefined && connections === undefined) return undefined;
  return {
    ...(perSecond === undefined ? {} : { perSecond }),
    ...(perMinute === undefined ? {} : { perMinute }),
    ...(connections === undefined ? {} : { connections }),
    burst: (perSecond ?? perMinute ?? 1) * (count('limit-burst-multiplier') ?? 5),
  };
}

function readCors(reader: Reader): IngressOptions['cors'] {
  if (!reader.flag('enable-cors', false)) return undefined;
  const origins = (reader.value('cors-allow-origin') ?? '*').split(',').map((origin) => origin.trim());
  const wrong = origins.filter((origin) => !ORIGIN.test(origin));
  if (wrong.length > 0) reader.refuse('cors-allow-origin', 'must be origins such as https://example.com, or *');
  const expose = reader.text('cors-expose-headers', TOKENS, 'header names');
  return {
    origins: origins.filter((origin) => ORIGIN.test(origin)),
    methods: reader.text('cors-allow-methods', TOKENS, 'methods') ?? 'GET, PUT, POST, DELETE, PATCH, OPTIONS',
    headers: reader.text('cors-allow-headers', TOKENS, 'header names') ?? DEFAULT_CORS_HEADERS,
    ...(expose === undefined ? {} : { expose }),
    credentials: reader.flag('cors-allow-credentials', true),
    maxAge: Number(reader.text('cors-max-age', SECONDS, 'seconds') ?? '1728000'),
  };
}

/** Takes values out of annotations, and keeps a list of those that cannot be taken. */
class Reader {
  readonly problems: AnnotationProblem[] = [];

  constructor(private readonly annotations: Readonly<Record<string, string>>) {}

  value(name: string): string | undefined {
    const value = this.annotations[PREFIX + name];
    return value === undefined || value === '' ? undefined : value;
  }

  refuse(name: string, message: string): void {
    this.problems.push({ annotation: PREFIX + name, message });
  }

  text(name: string, pattern: RegExp, what: string): string | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    // `$` of a pattern also matches before a last line break, which would end a directive.
    if (pattern.test(value) && !/[\r\n\0]/.test(value)) return value;
    this.refuse(name, `must be ${what}`);
    return undefined;
  }

  seconds(name: string, fallback: string): string {
    return `${this.text(name, SECONDS, 'seconds') ?? fallback}s`;
  }

  flag(name: string, fallback: boolean, [yes, no] = ['true', 'false']): boolean {
    const value = this.value(name);
    if (value === undefined) return fallback;
    if (value === yes) return true;
    if (value !== no) this.refuse(name, `must be ${yes} or ${no}`);
    return value === no ? false : fallback;
  }

  oneOf<T extends string>(name: string, values: readonly T[]): T | undefined {
    const value = this.value(name);
    const found = values.find((each) => each === value);
    if (value !== undefined && found === undefined) this.refuse(name, `must be ${values.join(', ')}`);
    return found;
  }

  ranges(name: string): string[] {
    const texts = this.value(name)?.split(',') ?? [];
    return texts.flatMap((text) => {
      const range = text.trim();
      const full = range.includes('/') ? range : `${range}/32`;
      try {
        const [address = ''] = full.split('/');
        if (contains(parseCidr(full), address)) return [full];
      } catch {
        // Said below, as for everything that is no range.
      }
      this.refuse(name, `must be IPv4 ranges: ${JSON.stringify(range)} is none`);
      return [];
    });
  }

  /** Raw configuration is refused by name, so that nobody waits for it to take effect. */
  refuseSnippets(): void {
    for (const name of Object.keys(this.annotations))
      if (name.startsWith(PREFIX) && name.endsWith('-snippet'))
        this.problems.push({ annotation: name, message: 'raw nginx configuration is not taken from an Ingress' });
  }
}
