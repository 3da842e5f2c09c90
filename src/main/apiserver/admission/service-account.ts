import type { Pod } from '../../../shared/api/kinds.ts';
import type { AdmissionPlugin } from './chain.ts';

/** Pods that name no ServiceAccount run as their namespace's `default`. */
export const serviceAccount: AdmissionPlugin = {
  name: 'ServiceAccount',
  mutate({ operation, kind, subresource, object }) {
    if (operation !== 'CREATE' || kind.type.group !== '' || kind.type.plural !== 'pods' || subresource !== '') return;
    const { spec } = object as Pod;
    if (!spec || spec.serviceAccountName) return;
    spec.serviceAccountName = 'default';
    // The old name of the field, which upstream keeps equal.
    spec.serviceAccount = 'default';
  },
};
