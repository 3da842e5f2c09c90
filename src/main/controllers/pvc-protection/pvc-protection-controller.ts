import { isNotFound } from '../../../shared/api/errors.ts';
import { PERSISTENT_VOLUME_CLAIMS, PODS, type PersistentVolumeClaim, type Pod } from '../../../shared/api/kinds.ts';
import { keyOf } from '../../../shared/api/meta.ts';
import type { Change } from '../../../shared/client/informer.ts';
import { Controller } from '../runtime/controller.ts';
import type { ControllerDeps, RunningController } from '../runtime/dependencies.ts';
import { protection, withProtection } from '../runtime/protection.ts';
import { claimNamesOf, usesClaim } from './uses.ts';

export const PVC_FINALIZER = 'kubernetes.io/pvc-protection';
const CLAIM_INDEX = 'claim';

/** A claim that pods use outlives its deletion until they are gone (pkg/controller/volume/pvcprotection). */
export function pvcProtectionController(deps: ControllerDeps): RunningController {
  const { client } = deps;
  const pods = deps.informers.of(PODS);
  const claims = deps.informers.of(PERSISTENT_VOLUME_CLAIMS);
  const claimKeysOf = (pod: Pod): string[] =>
    claimNamesOf(pod).map((name) => `${pod.metadata?.namespace ?? ''}/${name}`);
  pods.addIndex(CLAIM_INDEX, claimKeysOf);

  async function reconcile(key: string): Promise<undefined> {
    const claim = claims.get(key);
    const action = claim && protection(claim, PVC_FINALIZER);
    if (!claim || !action || (action === 'remove' && (await isUsed(claim)))) return;
    try {
      await client.update(PERSISTENT_VOLUME_CLAIMS, withProtection(claim, PVC_FINALIZER, action));
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  /** By the cache, and before it is let go by the server's word: a pod may have been bound a moment ago. */
  async function isUsed(claim: PersistentVolumeClaim): Promise<boolean> {
    const isUser = (pod: Pod): boolean => usesClaim(pod, claim);
    if (pods.byIndex(CLAIM_INDEX, keyOf(claim)).some(isUser)) return true;
    const { items } = await client.list(PODS, { namespace: claim.metadata?.namespace ?? '' });
    return items.some(isUser);
  }

  /** Claims that a pod may just have let go of. */
  const freedBy = (change: Change<Pod>): string[] => [
    ...claimKeysOf(change.object),
    ...(change.type === 'updated' && change.old.metadata?.uid !== change.object.metadata?.uid
      ? claimKeysOf(change.old)
      : []),
  ];

  return new Controller(deps, { name: 'pvc-protection', concurrency: 1, reconcile })
    .watch(claims, (change) => (change.type === 'deleted' ? [] : [keyOf(change.object)]))
    .watch(pods, freedBy);
}
