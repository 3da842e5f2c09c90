import type { Secret } from '../../shared/api/kinds.ts';

export interface RegistryCredential {
  username: string;
  password: string;
}

interface DockerAuth {
  username?: string;
  password?: string;
  auth?: string;
}

/**
 * Credentials for a registry out of pull secrets, most specific first (pkg/credentialprovider/keyring.go: keys may be
 * URLs, carry a path prefix of the repository, and `*` for one label of a host name).
 */
export function credentialsFor(secrets: Secret[], registry: string, repository: string): RegistryCredential[] {
  const found: { specificity: number; credential: RegistryCredential }[] = [];
  for (const secret of secrets) {
    for (const [server, auth] of Object.entries(authsOf(secret))) {
      const { host, path } = splitServer(server);
      const credential = credentialOf(auth);
      if (!credential || !hostMatches(host, registry) || !`${repository}/`.startsWith(path && `${path}/`)) continue;
      found.push({ specificity: path.length, credential });
    }
  }
  return found.sort((a, b) => b.specificity - a.specificity).map(({ credential }) => credential);
}

function authsOf(secret: Secret): Record<string, DockerAuth> {
  const modern = secret.data?.['.dockerconfigjson'];
  const legacy = secret.data?.['.dockercfg'];
  const encoded = modern ?? legacy;
  if (encoded === undefined) return {};
  try {
    const parsed = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')) as {
      auths?: Record<string, DockerAuth>;
    };
    return (modern === undefined ? (parsed as Record<string, DockerAuth>) : parsed.auths) ?? {};
  } catch (error) {
    // A secret that is not JSON gives no credentials, as upstream's keyring skips it; the pull then says what it lacks.
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

function credentialOf({ username, password, auth }: DockerAuth): RegistryCredential | undefined {
  if (username !== undefined && password !== undefined) return { username, password };
  if (!auth) return undefined;
  const decoded = Buffer.from(auth, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  return colon < 0 ? undefined : { username: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

function splitServer(server: string): { host: string; path: string } {
  const bare = server.replace(/^https?:\/\//, '').replace(/\/+$/, '');
  const slash = bare.indexOf('/');
  const host = slash < 0 ? bare : bare.slice(0, slash);
  const path = slash < 0 ? '' : bare.slice(slash + 1);
  // Docker's own name for its hub: https://index.docker.io/v1/.
  if (/^(index|registry-1)?\.?docker\.io$/.test(host))
    return { host: 'docker.io', path: /^v[12]$/.test(path) ? '' : path };
  return { host, path: /^v[12]$/.test(path) ? '' : path };
}

function hostMatches(pattern: string, registry: string): boolean {
  if (!pattern.includes('*')) return pattern === registry;
  const labels = pattern.split('.');
  const actual = registry.split('.');
  return labels.length === actual.length && labels.every((label, index) => globMatches(label, actual[index] ?? ''));
}

function globMatches(glob: string, text: string): boolean {
  const escaped = glob.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${escaped.join('[^.]*')}$`).test(text);
}
