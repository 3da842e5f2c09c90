import type { PersistentVolumeClaim, Pod } from '../../../shared/api/kinds.ts';
import { controllerOf } from '../../../shared/api/meta.ts';
import { isPodFinished } from '../runtime/pod-state.ts';

/** Names of the claims a pod's volumes stand for; those of ephemeral volumes are `POD-VOLUME`. */
export function claimNamesOf({ metadata, spec }: Pod): string[] {
  return (spec?.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => [
    ...(persistentVolumeClaim ? [persistentVolumeClaim.claimName] : []),
    ...(ephemeral ? [`${metadata?.name ?? ''}-${name}`] : []),
  ]);
}

/**
 * Whether a pod holds on to a claim (podUsesPVC). One without a node does not: its kubelet will not start it with a
 * claim that is going. A finished one does, except by an ephemeral volume, whose claim is the pod's own.
 */
export function usesClaim(pod: Pod, claim: PersistentVolumeClaim): boolean {
  if (!pod.spec?.nodeName) return false;
  const { name } = claim.metadata ?? {};
  return (pod.spec.volumes ?? []).some((volume) => {
    if (volume.persistentVolumeClaim?.claimName === name) return true;
    const isOwn = controllerOf(claim)?.uid === pod.metadata?.uid;
    return (
      Boolean(volume.ephemeral) && !isPodFinished(pod) && isOwn && `${pod.metadata?.name ?? ''}-${volume.name}` === name
    );
  });
}
