import type { HostConfig } from 'dockerode';
import type { Container, Pod } from '../../shared/api/kinds.ts';

export interface SecurityOptions {
  /** `uid[:gid]`; undefined leaves the image's user. */
  user?: string;
  hostConfig: Pick<
    HostConfig,
    | 'Privileged'
    | 'CapAdd'
    | 'CapDrop'
    | 'ReadonlyRootfs'
    | 'SecurityOpt'
    | 'GroupAdd'
    | 'MaskedPaths'
    | 'ReadonlyPaths'
  >;
}

/**
 * A container's effective security context (its own fields over the pod's) in Docker's terms. `imageUser` is the
 * image's USER, `localProfile` the text of a seccomp profile of the machine. Where nothing is said about seccomp and
 * AppArmor, Docker's own profiles hold, as with the kubelet's `--seccomp-default`.
 */
export function securityOptions(
  pod: Pod,
  container: Container,
  imageUser = '',
  localProfile?: string,
): SecurityOptions {
  const ofPod = pod.spec?.securityContext ?? {};
  const own = container.securityContext ?? {};
  const uid = own.runAsUser ?? ofPod.runAsUser;
  const gid = own.runAsGroup ?? ofPod.runAsGroup;
  const groups = [...(ofPod.supplementalGroups ?? []), ...(ofPod.fsGroup === undefined ? [] : [ofPod.fsGroup])];
  const securityOpt = [
    ...(own.allowPrivilegeEscalation === false && !own.privileged ? ['no-new-privileges'] : []),
    ...seccompOption(pod, container, localProfile),
    ...appArmorOption(pod, container),
  ];
  return {
    ...userOption(uid, gid, imageUser),
    hostConfig: {
      ...(own.privileged ? { Privileged: true } : {}),
      ...(own.capabilities?.add ? { CapAdd: own.capabilities.add } : {}),
      ...(own.capabilities?.drop ? { CapDrop: own.capabilities.drop } : {}),
      ...(own.readOnlyRootFilesystem ? { ReadonlyRootfs: true } : {}),
      ...(own.procMount === 'Unmasked' ? { MaskedPaths: [], ReadonlyPaths: [] } : {}),
      ...(securityOpt.length > 0 ? { SecurityOpt: securityOpt } : {}),
      ...(groups.length > 0 ? { GroupAdd: groups.map(String) } : {}),
    },
  };
}

function userOption(uid: number | undefined, gid: number | undefined, imageUser: string): { user?: string } {
  if (gid !== undefined) return { user: `${uid ?? (imageUser.split(':')[0] || '0')}:${gid}` };
  return uid === undefined ? {} : { user: String(uid) };
}

/** The seccomp profile a container is to have: its own over the pod's. */
export const seccompProfileOf = (pod: Pod, container: Container) =>
  container.securityContext?.seccompProfile ?? pod.spec?.securityContext?.seccompProfile;

function seccompOption(pod: Pod, container: Container, localProfile: string | undefined): string[] {
  const profile = seccompProfileOf(pod, container);
  if (profile?.type === 'Unconfined') return ['seccomp=unconfined'];
  // Docker wants the profile itself, as its client reads the file.
  return profile?.type === 'Localhost' && localProfile !== undefined ? [`seccomp=${localProfile}`] : [];
}

function appArmorOption(pod: Pod, container: Container): string[] {
  const profile = container.securityContext?.appArmorProfile ?? pod.spec?.securityContext?.appArmorProfile;
  if (profile?.type === 'Unconfined') return ['apparmor=unconfined'];
  return profile?.type === 'Localhost' && profile.localhostProfile ? [`apparmor=${profile.localhostProfile}`] : [];
}

/**
 * Why a container that must not run as root may not start with this image user; undefined when it may
 * (pkg/kubelet/kuberuntime/security_context.go).
 */
export function nonRootViolation(pod: Pod, container: Container, imageUser: string): string | undefined {
  const ofPod = pod.spec?.securityContext ?? {};
  const own = container.securityContext ?? {};
  if (!(own.runAsNonRoot ?? ofPod.runAsNonRoot)) return undefined;
  const uid = own.runAsUser ?? ofPod.runAsUser;
  const where = `(pod: "${pod.metadata?.name}_${pod.metadata?.namespace}(${pod.metadata?.uid})", container: ${container.name})`;
  if (uid === 0) return `container's runAsUser breaks non-root policy ${where}`;
  if (uid !== undefined) return undefined;
  const user = imageUser.split(':')[0] ?? '';
  if (user === '' || user === '0' || user === 'root') {
    return `container has runAsNonRoot and image will run as root ${where}`;
  }
  if (!/^\d+$/.test(user)) {
    return `container has runAsNonRoot and image has non-numeric user (${user}), cannot verify user is non-root ${where}`;
  }
  return undefined;
}
