import { isAlreadyExists } from '../../../shared/api/errors.ts';
import { PERSISTENT_VOLUME_CLAIMS, PODS, type PersistentVolumeClaim, type Pod } from '../../../shared/api/kinds.ts';
import { controllerOf, keyOf, nameOf } from '../../../shared/api/meta.ts';
import { Controller } from '../runtime/controller.ts';
import type { ControllerDeps, RunningController } from '../runtime/dependencies.ts';
import { controllerReference } from '../runtime/ownership.ts';
import { isPodFinished } from '../runtime/pod-state.ts';

/** Makes the claims of generic ephemeral volumes, owned by their pods (pkg/controller/volume/ephemeral). */
export function ephemeralVolumeController(deps: ControllerDeps): RunningController {
  const { client, events } = deps;
  const pods = deps.informers.of(PODS);
  const claims = deps.informers.of(PERSISTENT_VOLUME_CLAIMS);

  return new Controller(deps, { name: 'ephemeral_volume', reconcile })
    .watch(pods, ({ type, object }) => (type !== 'deleted' && needsClaims(object) ? [keyOf(object)] : []))
    .watch(claims, ({ type, object }) => {
      const owner = controllerOf(object);
      // Deleted by hand: its pod gets another.
      return type === 'deleted' && owner?.kind === 'Pod' ? [`${object.metadata?.namespace ?? ''}/${owner.name}`] : [];
    });

  async function reconcile(key: string): Promise<undefined> {
    const pod = pods.get(key);
    if (!pod || !needsClaims(pod)) return;
    for (const claim of claimsOf(pod)) {
      const known = claims.get(keyOf(claim));
      if (known && isOwnedBy(known, pod)) continue;
      if (known) throw conflictWith(pod, known);
      try {
        await client.create(PERSISTENT_VOLUME_CLAIMS, claim);
      } catch (error) {
        if (isAlreadyExists(error)) continue;
        const message = `PVC creation failed: ${error instanceof Error ? error.message : String(error)}`;
        tell(pod, 'ProvisioningFailed', message);
        throw error;
      }
    }
  }

  function conflictWith(pod: Pod, claim: PersistentVolumeClaim): Error {
    const message = `PVC "${keyOf(claim)}" was not created for pod "${keyOf(pod)}" (pod is not owner)`;
    tell(pod, 'EphemeralVolumeConflict', message);
    return new Error(message);
  }

  function tell(pod: Pod, reason: string, message: string): void {
    events.event({ ...pod, apiVersion: 'v1', kind: 'Pod' }, 'Warning', reason, message);
  }
}

const needsClaims = (pod: Pod): boolean =>
  pod.metadata?.deletionTimestamp === undefined &&
  !isPodFinished(pod) &&
  (pod.spec?.volumes ?? []).some(({ ephemeral }) => ephemeral);

const isOwnedBy = (claim: PersistentVolumeClaim, pod: Pod): boolean => controllerOf(claim)?.uid === pod.metadata?.uid;

/** The claims that a pod's ephemeral volumes ask for: `POD-VOLUME`, deleted with the pod. */
export function claimsOf(pod: Pod): PersistentVolumeClaim[] {
  return (pod.spec?.volumes ?? []).flatMap(({ name, ephemeral }) => {
    const template = ephemeral?.volumeClaimTemplate;
    if (!template) return [];
    const { labels, annotations } = template.metadata ?? {};
    return [
      {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: {
          name: `${nameOf(pod)}-${name}`,
          namespace: pod.metadata?.namespace ?? '',
          ...(labels ? { labels: { ...labels } } : {}),
          ...(annotations ? { annotations: { ...annotations } } : {}),
          ownerReferences: [controllerReference(pod, PODS)],
        },
        spec: structuredClone(template.spec),
      },
    ];
  });
}
