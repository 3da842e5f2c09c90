import { INGRESSES, type Ingress } from '../../../shared/api/kinds.ts';
import type { Views } from '../views/views.ts';

/** Names the Secret with the users of basic authentication, of the Ingress's own namespace. */
const AUTH_SECRET = 'nginx.ingress.kubernetes.io/auth-secret';

/** `namespace/name` of the Secrets an Ingress names; those of other namespaces are not an Ingress's to name. */
export function secretKeysOf({ metadata, spec }: Ingress): string[] {
  const namespace = metadata?.namespace ?? '';
  const names = (spec?.tls ?? []).map(({ secretName }) => secretName);
  const auth = metadata?.annotations?.[AUTH_SECRET];
  const own = auth?.startsWith(`${namespace}/`) ? auth.slice(namespace.length + 1) : auth;
  return [...names, own].flatMap((name) => (name && !name.includes('/') ? [`${namespace}/${name}`] : []));
}

/** The Secrets that Ingresses name: what nodes need to serve them. */
export class IngressSecrets {
  #known: { generation: number; keys: ReadonlySet<string> } | undefined;

  constructor(private readonly views: Views) {}

  async has(namespace: string, name: string): Promise<boolean> {
    const view = await this.views.of(INGRESSES);
    if (this.#known?.generation !== view.generation)
      this.#known = { generation: view.generation, keys: new Set(view.list().flatMap(secretKeysOf)) };
    return this.#known.keys.has(`${namespace}/${name}`);
  }
}
