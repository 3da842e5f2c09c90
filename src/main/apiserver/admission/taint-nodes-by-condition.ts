import type { Node } from '../../../shared/api/kinds.ts';
import type { AdmissionPlugin } from './chain.ts';

const NOT_READY = 'node.kubernetes.io/not-ready';

/** A new Node takes no pods before it has been seen to be ready. */
export const taintNodesByCondition: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  mutate({ operation, kind, subresource, object }) {
    if (operation !== 'CREATE' || kind.type.group !== '' || kind.type.plural !== 'nodes' || subresource !== '') return;
    const node = object as Node;
    const taints = node.spec?.taints ?? [];
    if (taints.some(({ key, effect }) => key === NOT_READY && effect === 'NoSchedule')) return;
    node.spec = { ...node.spec, taints: [...taints, { key: NOT_READY, effect: 'NoSchedule' }] };
  },
};
