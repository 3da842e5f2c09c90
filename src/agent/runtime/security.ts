import type { HostConfig } from 'dockerode';
import type { Container, Pod } from '../../shared/api/kinds.ts';

export interface SecurityOptions {
  /** `uid[:gid]`; undefined leaves the image's user. */
  user?: string;
  hostConfig: Pick<HostConfig, 'Privileged' | 'CapAdd' | 'CapDrop' | 'ReadonlyRootfs' | 'SecurityOpt' | 'GroupAdd'>;
}

/** A container's effective security context (its own fields over the pod's) in Docker's terms. */
export function securityOptions(pod: Pod, container: Container): SecurityOptions {
  const ofPod = pod.spec?.securityContext ?? {};
  const own = container.securityContext ?? {};
  const uid = own.runAsUser ?? ofPod.runAsUser;
  const gid = own.runAsGroup ?? ofPod.runAsGroup;
  const profile = own.seccompProfile ?? ofPod.seccompProfile;
  const groups = [...(ofPod.supplementalGroups ?? []), ...(ofPod.fsGroup === undefined ? [] : [ofPod.fsGroup])];
  const securityOpt = [
    ...(own.allowPrivilegeEscalation === false && !own.privileged ? ['no-new-privileges'] : []),
    ...(profile?.type === 'Unconfined' ? ['seccomp=unconfined'] : []),
  ];
  return {
    // A group alone needs a user in Docker's syntax; upstream refuses that combination at validation.
    ...(uid === undefined ? {} : { user: gid === undefined ? String(uid) : `${uid}:${gid}` }),
    hostConfig: {
      ...(own.privileged ? { Privileged: true } : {}),
      ...(own.capabilities?.add ? { CapAdd: own.capabilities.add } : {}),
      ...(own.capabilities?.drop ? { CapDrop: own.capabilities.drop } : {}),
      ...(own.readOnlyRootFilesystem ? { ReadonlyRootfs: true } : {}),
      ...(securityOpt.length > 0 ? { SecurityOpt: securityOpt } : {}),
      ...(groups.length > 0 ? { GroupAdd: groups.map(String) } : {}),
    },
  };
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
