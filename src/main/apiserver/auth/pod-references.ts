import type { Container, Pod } from '../../../shared/api/kinds.ts';

export interface PodReferences {
  configMaps: ReadonlySet<string>;
  secrets: ReadonlySet<string>;
  claims: ReadonlySet<string>;
  serviceAccount: string;
}

const NOTHING: PodReferences = { configMaps: new Set(), secrets: new Set(), claims: new Set(), serviceAccount: '' };
/** Marks the image in the API of a static pod, which a kubelet runs by itself. */
export const MIRROR_POD = 'kubernetes.io/config.mirror';

type EphemeralContainer = Pick<Container, 'env' | 'envFrom'>;

/** What the node that runs the pod may read because of it. A mirror pod, which a node makes by itself, gives it nothing. */
export const referencesOf = (pod: Pod): PodReferences =>
  pod.metadata?.annotations?.[MIRROR_POD] === undefined ? namedBy(pod) : NOTHING;

/**
 * Names of the ConfigMaps, Secrets, claims and ServiceAccount in the pod's namespace that running it needs (upstream's
 * podutil.Visit…Names).
 */
export function namedBy(pod: Pod): PodReferences {
  const configMaps = new Set<string>();
  const claims = new Set<string>();
  const secrets = new Set<string>();
  const add = (to: Set<string>, name: string | undefined): void => {
    if (name) to.add(name);
  };
  const { spec } = pod;

  for (const secret of spec?.imagePullSecrets ?? []) add(secrets, secret.name);
  const containers: EphemeralContainer[] = [
    ...(spec?.initContainers ?? []),
    ...(spec?.containers ?? []),
    ...(spec?.ephemeralContainers ?? []),
  ];
  for (const { env, envFrom } of containers) {
    for (const source of envFrom ?? []) {
      add(configMaps, source.configMapRef?.name);
      add(secrets, source.secretRef?.name);
    }
    for (const { valueFrom } of env ?? []) {
      add(configMaps, valueFrom?.configMapKeyRef?.name);
      add(secrets, valueFrom?.secretKeyRef?.name);
    }
  }
  for (const volume of spec?.volumes ?? []) {
    add(configMaps, volume.configMap?.name);
    add(secrets, volume.secret?.secretName);
    add(claims, volume.persistentVolumeClaim?.claimName);
    if (volume.ephemeral) add(claims, `${pod.metadata?.name ?? ''}-${volume.name}`);
    for (const source of volume.projected?.sources ?? []) {
      add(configMaps, source.configMap?.name);
      add(secrets, source.secret?.name);
    }
  }
  return { configMaps, secrets, claims, serviceAccount: spec?.serviceAccountName ?? '' };
}
