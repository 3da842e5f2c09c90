import type { Service } from '../../../shared/api/kinds.ts';
import { equalJson } from '../decode/json-value.ts';

type ServiceSpec = NonNullable<Service['spec']>;

/**
 * A Service that becomes another type loses what only the old one has, where the writer has not changed it: a patch of
 * `type` alone is enough (service strategy dropTypeDependentFields). Changes `service`.
 */
export function dropOfOtherTypes(service: Service, old: Service): void {
  const { spec } = service;
  const before = old.spec;
  if (!spec || !before) return;
  if (hasAddress(before) && !hasAddress(spec)) {
    const { clusterIP = '' } = spec;
    if (clusterIP === '' || clusterIP === before.clusterIP) {
      delete spec.clusterIP;
      delete spec.clusterIPs;
    }
    drop(spec, before, 'ipFamilies');
    drop(spec, before, 'ipFamilyPolicy');
    drop(spec, before, 'internalTrafficPolicy');
  }
  if (hasNodePorts(before) && !hasNodePorts(spec)) dropNodePorts(spec, before);
  if (isChecked(before) && !isChecked(spec)) drop(spec, before, 'healthCheckNodePort');
  if (before.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') {
    drop(spec, before, 'allocateLoadBalancerNodePorts');
    drop(spec, before, 'loadBalancerClass');
  }
  if (isOutside(before) && !isOutside(spec)) drop(spec, before, 'externalTrafficPolicy');
}

const hasAddress = ({ type }: ServiceSpec): boolean => type !== 'ExternalName';
const hasNodePorts = ({ type }: ServiceSpec): boolean => type === 'NodePort' || type === 'LoadBalancer';
const isChecked = ({ type, externalTrafficPolicy }: ServiceSpec): boolean =>
  type === 'LoadBalancer' && externalTrafficPolicy === 'Local';
const isOutside = (spec: ServiceSpec): boolean => hasNodePorts(spec) || (spec.externalIPs?.length ?? 0) > 0;

function drop(spec: ServiceSpec, before: ServiceSpec, field: keyof ServiceSpec): void {
  if (equalJson(spec[field], before[field])) Reflect.deleteProperty(spec, field);
}

/** Only if all are as they were: a writer who changed one means something by them. */
function dropNodePorts(spec: ServiceSpec, before: ServiceSpec): void {
  const had = new Set((before.ports ?? []).map(({ nodePort }) => nodePort));
  if (!(spec.ports ?? []).every(({ nodePort }) => !nodePort || had.has(nodePort))) return;
  for (const port of spec.ports ?? []) delete port.nodePort;
}
