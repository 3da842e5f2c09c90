import { isNotFound } from '../../../shared/api/errors.ts';
import { PERSISTENT_VOLUMES } from '../../../shared/api/kinds.ts';
import { keyOf } from '../../../shared/api/meta.ts';
import { Controller } from '../runtime/controller.ts';
import type { ControllerDeps, RunningController } from '../runtime/dependencies.ts';
import { protection, withProtection } from '../runtime/protection.ts';

export const PV_FINALIZER = 'kubernetes.io/pv-protection';

/** A PersistentVolume that is bound outlives its deletion until it is free (pkg/controller/volume/pvprotection). */
export function pvProtectionController(deps: ControllerDeps): RunningController {
  const { client } = deps;
  const volumes = deps.informers.of(PERSISTENT_VOLUMES);

  async function reconcile(key: string): Promise<undefined> {
    const volume = volumes.get(key);
    const action = volume && protection(volume, PV_FINALIZER);
    if (!volume || !action || (action === 'remove' && volume.status?.phase === 'Bound')) return;
    try {
      await client.update(PERSISTENT_VOLUMES, withProtection(volume, PV_FINALIZER, action));
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  return new Controller(deps, { name: 'pv-protection', concurrency: 1, reconcile }).watch(volumes, (change) =>
    change.type === 'deleted' ? [] : [keyOf(change.object)],
  );
}
