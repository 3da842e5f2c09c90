import { PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES } from '../../../shared/api/kinds.ts';
import type { AdmissionPlugin } from './chain.ts';
import { concerns } from './refuse.ts';

const PROTECTED = [
  { type: PERSISTENT_VOLUME_CLAIMS, finalizer: 'kubernetes.io/pvc-protection' },
  { type: PERSISTENT_VOLUMES, finalizer: 'kubernetes.io/pv-protection' },
];

/** Storage that is in use outlives its deletion: controllers take the finalizer away when it is free. */
export const storageObjectInUseProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  mutate(request) {
    if (request.operation !== 'CREATE' || !request.object) return;
    const finalizer = PROTECTED.find(({ type }) => concerns(request, type))?.finalizer;
    if (!finalizer) return;
    const metadata = (request.object.metadata ??= {});
    const finalizers = metadata.finalizers ?? [];
    if (!finalizers.includes(finalizer)) metadata.finalizers = [...finalizers, finalizer];
  },
};
