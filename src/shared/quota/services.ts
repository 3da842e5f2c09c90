import { wholeAmount, ZERO } from '../api/amount.ts';
import type { Service } from '../api/kinds.ts';
import type { Evaluator } from './evaluator.ts';

const RESOURCES = ['count/services', 'services', 'services.nodeports', 'services.loadbalancers'];
const ONE = wholeAmount(1);

/** Services, and the node ports and load balancers they mean to have (evaluator/core/services.go). */
export const serviceEvaluator: Evaluator<Service> = {
  type: { group: '', plural: 'services' },
  // A service can become one of another type.
  handles: ({ operation, subresource }) => subresource === '' && (operation === 'CREATE' || operation === 'UPDATE'),
  matchingResources: (names) => names.filter((name) => RESOURCES.includes(name)),
  matchesScope: () => false,
  constraint: () => undefined,
  usage: (service) =>
    new Map([
      ['count/services', ONE],
      ['services', ONE],
      ['services.nodeports', wholeAmount(nodePorts(service))],
      ['services.loadbalancers', service.spec?.type === 'LoadBalancer' ? ONE : ZERO],
    ]),
};

/** Ports are counted by intent: they are given out later. */
function nodePorts({ spec }: Service): number {
  const ports = spec?.ports ?? [];
  if (spec?.type === 'NodePort') return ports.length;
  if (spec?.type !== 'LoadBalancer') return 0;
  return spec.allocateLoadBalancerNodePorts === false ? ports.filter(({ nodePort }) => nodePort).length : ports.length;
}
