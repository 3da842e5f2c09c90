/** A parsed image reference (distribution/reference), or why it is none. */
export interface ImageReference {
  /** Registry as Docker's credentials name it: `docker.io` for the default. */
  registry: string;
  /** Path within the registry, `library/` put in for Docker Hub's official images. */
  repository: string;
  tag: string | undefined;
  digest: string | undefined;
  /** The reference with its default tag, as it is pulled. */
  canonical: string;
}

const DOMAIN =
  /^(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*(?::[0-9]+)?$/;
const PATH = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^[\w][\w.-]{0,127}$/;
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;

/** Parses a reference as Docker does; returns the reason as text when it is malformed. */
export function parseImageReference(text: string): ImageReference | string {
  const [named = '', digest, ...more] = text.split('@');
  if (more.length > 0 || (digest !== undefined && !DIGEST.test(digest))) return 'invalid reference format';
  const slash = named.indexOf('/');
  const first = slash < 0 ? '' : named.slice(0, slash);
  const hasDomain = slash >= 0 && (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase());
  const domain = hasDomain ? first : 'docker.io';
  const rest = hasDomain ? named.slice(slash + 1) : named;
  const colon = rest.indexOf(':');
  const path = colon < 0 ? rest : rest.slice(0, colon);
  const tag = colon < 0 ? undefined : rest.slice(colon + 1);
  if (!DOMAIN.test(domain)) return 'invalid reference format';
  if (path !== path.toLowerCase()) return 'invalid reference format: repository name must be lowercase';
  if (!PATH.test(path) || (tag !== undefined && !TAG.test(tag))) return 'invalid reference format';
  return {
    registry: domain === 'index.docker.io' ? 'docker.io' : domain,
    repository: domain === 'docker.io' && !path.includes('/') ? `library/${path}` : path,
    tag,
    digest,
    canonical: tag === undefined && digest === undefined ? `${named}:latest` : text,
  };
}

/** The pull policy a container without one gets: Always for `:latest` or no tag (pkg/apis/core/v1/defaults.go). */
export function defaultPullPolicy(image: string): 'Always' | 'IfNotPresent' {
  const reference = parseImageReference(image);
  if (typeof reference === 'string' || reference.digest) return 'IfNotPresent';
  return reference.tag === undefined || reference.tag === 'latest' ? 'Always' : 'IfNotPresent';
}
