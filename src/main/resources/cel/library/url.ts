import type { Environment } from '@marcbachmann/cel-js';
import { CelFailure } from '../cel-error.ts';
import type { Declare } from './declare.ts';

const TYPE = 'kubernetes.URL';

/** What Go's url.ParseRequestURI makes of a text: an absolute URL, or a path that begins with a slash. */
class KubernetesUrl {
  private constructor(
    readonly text: string,
    readonly scheme: string,
    readonly host: string,
    readonly path: string,
    readonly query: string,
  ) {}

  static parse(text: string): KubernetesUrl | undefined {
    // eslint-disable-next-line no-control-regex -- control characters are what Go refuses
    if (text === '' || /[\u0000-\u0020\u007f]/.test(text)) return undefined;
    const match = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/(?:[^/?@]*@)?([^/?#]*))?([^?#]*)(?:\?([^#]*))?$/.exec(text);
    if (!match) return undefined;
    const [, scheme = '', host = '', path = '', query = ''] = match;
    if (scheme === '' && !text.startsWith('/')) return undefined;
    if (!/^(\[[0-9A-Fa-f:.%]+\]|[^:[\]\s<>"]*)(:\d*)?$/.test(host) || /%(?![0-9A-Fa-f]{2})/.test(path))
      return undefined;
    return new KubernetesUrl(text, scheme.toLowerCase(), host, path, query);
  }

  equals(other: unknown): boolean {
    return other instanceof KubernetesUrl && other.text === this.text;
  }

  get port(): string {
    return /:(\d*)$/.exec(this.host.replace(/^\[.*\]/, ''))?.[1] ?? '';
  }

  get hostname(): string {
    return /^\[(.*)\]/.exec(this.host)?.[1] ?? this.host.replace(/:\d*$/, '');
  }

  /** Values by name, each in the order given. */
  get queryValues(): Map<string, string[]> {
    const values = new Map<string, string[]>();
    for (const [name, value] of new URLSearchParams(this.query)) {
      const list = values.get(name) ?? [];
      values.set(name, [...list, value]);
    }
    return values;
  }
}

/** `url("https://…")` and its parts. */
export function declareUrls(declare: Declare, environment: Environment): void {
  environment.registerType(TYPE, KubernetesUrl);
  environment.registerOperator(`${TYPE} == ${TYPE}`, (a: KubernetesUrl, b: KubernetesUrl) => a.equals(b));
  declare(`url(string): ${TYPE}`, (text: string) => {
    const url = KubernetesUrl.parse(text);
    if (!url)
      throw new CelFailure(
        `URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`,
      );
    return url;
  });
  declare('isURL(string): bool', (text: string) => KubernetesUrl.parse(text) !== undefined);
  declare(`${TYPE}.getScheme(): string`, (url: KubernetesUrl) => url.scheme);
  declare(`${TYPE}.getHost(): string`, (url: KubernetesUrl) => url.host);
  declare(`${TYPE}.getHostname(): string`, (url: KubernetesUrl) => url.hostname);
  declare(`${TYPE}.getPort(): string`, (url: KubernetesUrl) => url.port);
  declare(`${TYPE}.getEscapedPath(): string`, (url: KubernetesUrl) => encodeURI(decodeURI(url.path)));
  declare(`${TYPE}.getQuery(): map<string, list<string>>`, (url: KubernetesUrl) => url.queryValues);
}
