import type { Container, Pod } from '../../../shared/api/kinds.ts';

type PodSpec = NonNullable<Pod['spec']>;
type Volume = NonNullable<PodSpec['volumes']>[number];

/** Where programs in a container look for their credentials. */
const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const VOLUME_PREFIX = 'kube-api-access-';
/** An hour, and a little that tells these tokens from those somebody asked for. */
const TOKEN_SECONDS = 3607;

/**
 * Gives every container without a mount at that path the volume with token, authority and namespace, and the pod that
 * volume unless it has one. Changes `spec`.
 */
export function addApiAccess(spec: PodSpec, suffix: () => string): void {
  const existing = spec.volumes?.find(({ name, projected }) => projected && String(name).startsWith(VOLUME_PREFIX));
  const name = existing?.name ?? `${VOLUME_PREFIX}${suffix()}`;
  let needed = false;
  // Admission comes before validation: a pod may still lack what it must have.
  const containers = (spec.containers as Container[] | undefined) ?? [];
  for (const container of [...(spec.initContainers ?? []), ...containers]) {
    if (hasOwnMount(container)) continue;
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath: MOUNT_PATH }];
    needed = true;
  }
  if (needed && !existing) spec.volumes = [...(spec.volumes ?? []), apiAccessVolume(name)];
}

const hasOwnMount = ({ volumeMounts }: Container): boolean =>
  volumeMounts?.some(({ mountPath }) => mountPath === MOUNT_PATH) ?? false;

function apiAccessVolume(name: string): Volume {
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        {
          downwardAPI: {
            items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
          },
        },
      ],
      defaultMode: 0o644,
    },
  };
}
