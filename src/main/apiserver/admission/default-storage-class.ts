import { PERSISTENT_VOLUME_CLAIMS, STORAGE_CLASSES, type PersistentVolumeClaim } from '../../../shared/api/kinds.ts';
import type { Views } from '../views/views.ts';
import type { AdmissionPlugin } from './chain.ts';
import { newestDefault } from './newest-default.ts';
import { concerns } from './refuse.ts';

const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';
const DEFAULT_ANNOTATIONS = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];

/** Claims that say nothing of a class (not even `""`, for none) get the default one (plugin/storage/storageclass/setdefault). */
export function defaultStorageClass(views: Views): AdmissionPlugin {
  return {
    name: 'DefaultStorageClass',
    async mutate(request) {
      if (request.operation !== 'CREATE' || !concerns(request, PERSISTENT_VOLUME_CLAIMS)) return;
      const { metadata, spec } = request.object as PersistentVolumeClaim;
      if (!spec || spec.storageClassName !== undefined || metadata?.annotations?.[CLASS_ANNOTATION] !== undefined)
        return;
      const chosen = newestDefault((await views.of(STORAGE_CLASSES)).list(), DEFAULT_ANNOTATIONS)?.metadata?.name;
      if (chosen) spec.storageClassName = chosen;
    },
  };
}
