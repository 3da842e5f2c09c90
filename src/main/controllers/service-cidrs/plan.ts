import { BlockList } from 'node:net';
import type { IPAddress, ServiceCIDR } from '../../../shared/api/kinds.ts';
import { nameOf, type Condition } from '../../../shared/api/meta.ts';

export const SERVICE_CIDR_FINALIZER = 'networking.k8s.io/service-cidr-finalizer';

export interface CidrPlan {
  finalizers: string[];
  /** undefined: as it is. */
  ready: Condition | undefined;
}

/**
 * What a ServiceCIDR should say of itself (servicecidrs_controller.go): ready once it is protected; when it is to go,
 * it goes as soon as no address of it is in use that no other range has.
 */
export function planCidr(
  cidr: ServiceCIDR,
  others: readonly ServiceCIDR[],
  addresses: readonly IPAddress[],
  now: string,
): CidrPlan {
  const { finalizers = [], deletionTimestamp } = cidr.metadata ?? {};
  if (deletionTimestamp === undefined) {
    const kept = finalizers.includes(SERVICE_CIDR_FINALIZER) ? finalizers : [...finalizers, SERVICE_CIDR_FINALIZER];
    return { finalizers: kept, ready: condition(cidr, 'True', '', 'Kubernetes Service CIDR is ready', now) };
  }
  if (!isInUse(cidr, others, addresses)) {
    return { finalizers: finalizers.filter((name) => name !== SERVICE_CIDR_FINALIZER), ready: undefined };
  }
  const message =
    'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR';
  return { finalizers: [...finalizers], ready: condition(cidr, 'False', 'Terminating', message, now) };
}

function isInUse(cidr: ServiceCIDR, others: readonly ServiceCIDR[], addresses: readonly IPAddress[]): boolean {
  const own = blocksOf([cidr]);
  const covered = blocksOf(others.filter(({ metadata }) => metadata?.deletionTimestamp === undefined));
  return addresses.some((address) => {
    const ip = nameOf(address);
    const family = ip.includes(':') ? 'ipv6' : 'ipv4';
    return own.check(ip, family) && !covered.check(ip, family);
  });
}

function blocksOf(cidrs: readonly ServiceCIDR[]): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs.flatMap(({ spec }) => spec?.cidrs ?? [])) {
    const [network = '', length = ''] = cidr.split('/');
    list.addSubnet(network, Number(length), network.includes(':') ? 'ipv6' : 'ipv4');
  }
  return list;
}

function condition(
  { status }: ServiceCIDR,
  state: 'True' | 'False',
  reason: string,
  message: string,
  now: string,
): Condition | undefined {
  const before = status?.conditions?.find(({ type }) => type === 'Ready');
  if (before?.status === state) return undefined;
  return { type: 'Ready', status: state, reason, message, lastTransitionTime: now };
}
