import { parseAmount } from '../../../shared/api/amount.ts';
import { PERSISTENT_VOLUME_CLAIMS, STORAGE_CLASSES, type PersistentVolumeClaim } from '../../../shared/api/kinds.ts';
import { claimClass } from '../../../shared/quota/claims.ts';
import type { Views } from '../views/views.ts';
import type { AdmissionPlugin } from './chain.ts';
import { concerns, refused } from './refuse.ts';

/** Only a bound claim of a class that allows it can grow (plugin/storage/persistentvolume/resize). */
export function claimResize(views: Views): AdmissionPlugin {
  return {
    name: 'PersistentVolumeClaimResize',
    async validate(request) {
      if (request.operation !== 'UPDATE' || !concerns(request, PERSISTENT_VOLUME_CLAIMS)) return;
      const claim = request.object as PersistentVolumeClaim;
      const old = request.old as PersistentVolumeClaim;
      if (sizeOf(claim) <= sizeOf(old)) return;
      if (old.status?.phase !== 'Bound') throw refused(request, 'Only bound persistent volume claims can be expanded');
      const name = claimClass(claim);
      const storageClass =
        name && name === claimClass(old) ? (await views.of(STORAGE_CLASSES)).get('', name) : undefined;
      if (!storageClass?.allowVolumeExpansion)
        throw refused(
          request,
          'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
        );
    },
  };
}

const sizeOf = ({ spec }: PersistentVolumeClaim): bigint =>
  parseAmount(spec?.resources?.requests?.['storage'] ?? '')?.nano ?? 0n;
