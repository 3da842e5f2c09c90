import type { Container, Pod } from '../../../shared/api/kinds.ts';
import { parseQuantity } from '../../../shared/api/quantity.ts';

type Resources = NonNullable<Container['resources']>;

/** The resources that decide a pod's class. */
const DECISIVE = ['cpu', 'memory'] as const;

/**
 * `status.qosClass` (pkg/apis/core/helper/qos ComputePodQOS): Guaranteed when every container is limited in CPU and
 * memory and asks for just that, BestEffort when nothing is asked for, else Burstable.
 */
export function qosClass(pod: Pod): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const podLevel = pod.spec?.resources;
  const parts: Resources[] = podLevel
    ? [podLevel]
    : [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].map(({ resources }) => resources ?? {});
  const sum = (side: 'requests' | 'limits', name: string): number =>
    parts.reduce((total, part) => total + amount(part, side, name), 0);

  if (DECISIVE.every((name) => sum('requests', name) === 0 && sum('limits', name) === 0)) return 'BestEffort';
  const allLimited = parts.every((part) => DECISIVE.every((name) => amount(part, 'limits', name) > 0));
  const asksForItsLimits = DECISIVE.every((name) => sum('requests', name) === sum('limits', name));
  return allLimited && asksForItsLimits ? 'Guaranteed' : 'Burstable';
}

const amount = (resources: Resources, side: 'requests' | 'limits', name: string): number =>
  parseQuantity(resources[side]?.[name] ?? '0');
