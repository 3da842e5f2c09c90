import type { Container, Pod, ServiceAccount } from '../../../shared/api/kinds.ts';

/** Any kind of container, as far as it can name Secrets. */
type SecretUser = Pick<Container, 'name' | 'env' | 'envFrom'>;

/** The first Secret a pod uses that its account does not list (`kubernetes.io/enforce-mountable-secrets`), in upstream's words. */
export function secretViolation(account: ServiceAccount, pod: Pod): string | undefined {
  const { spec } = pod;
  const mountable = new Set((account.secrets ?? []).map(({ name }) => name));
  for (const { secret } of spec?.volumes ?? [])
    if (secret && !mountable.has(secret.secretName))
      return `volume with secret.secretName="${secret.secretName ?? ''}" is not allowed because ${lacks(account)}`;
  const violation =
    containerViolation('init container', spec?.initContainers ?? [], mountable, account) ??
    containerViolation('container', spec?.containers ?? [], mountable, account);
  if (violation !== undefined) return violation;

  const pullable = new Set((account.imagePullSecrets ?? []).map(({ name }) => name));
  for (const [index, { name }] of (spec?.imagePullSecrets ?? []).entries())
    if (!pullable.has(name))
      return `imagePullSecrets[${index}].name="${name ?? ''}" is not allowed because service account ${account.metadata?.name ?? ''} does not reference that imagePullSecret`;
  return undefined;
}

/** The same for containers added to a running pod (CVE-2023-2728). */
export function ephemeralSecretViolation(account: ServiceAccount, pod: Pod): string | undefined {
  const mountable = new Set((account.secrets ?? []).map(({ name }) => name));
  return containerViolation('ephemeral container', pod.spec?.ephemeralContainers ?? [], mountable, account);
}

const lacks = (account: ServiceAccount): string =>
  `service account ${account.metadata?.name ?? ''} does not reference that secret`;

function containerViolation(
  what: string,
  containers: readonly SecretUser[],
  mountable: ReadonlySet<string | undefined>,
  account: ServiceAccount,
): string | undefined {
  for (const { name, env, envFrom } of containers) {
    for (const variable of env ?? []) {
      const ref = variable.valueFrom?.secretKeyRef;
      if (ref && !mountable.has(ref.name))
        return `${what} ${name} with envVar ${variable.name} referencing secret.secretName="${ref.name ?? ''}" is not allowed because ${lacks(account)}`;
    }
    for (const { secretRef } of envFrom ?? [])
      if (secretRef && !mountable.has(secretRef.name))
        return `${what} ${name} with envFrom referencing secret.secretName="${secretRef.name ?? ''}" is not allowed because ${lacks(account)}`;
  }
  return undefined;
}
