import type { Pod } from '../../../shared/api/kinds.ts';
import { addDefaultTolerations } from '../../resources/kinds/pod-tolerations.ts';
import type { AdmissionPlugin } from './chain.ts';

/** Pods stay on a node that is not ready or unreachable for five minutes, unless they say otherwise. */
export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  mutate({ operation, kind, subresource, object }) {
    if (operation === 'CREATE' && kind.type.group === '' && kind.type.plural === 'pods' && subresource === '')
      addDefaultTolerations(object as Pod);
  },
};
