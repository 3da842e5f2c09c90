import { wholeAmount, type Amount } from '../api/amount.ts';
import type { Container, Pod } from '../api/kinds.ts';
import { amountsOf, type Amounts } from './amounts.ts';
import { matchesValue, type Evaluator, type ScopeRequirement } from './evaluator.ts';
import { podLimits, podRequests } from './pod-resources.ts';

const COMPUTE = ['cpu', 'memory', 'ephemeral-storage'] as const;
const RESOURCES: ReadonlySet<string> = new Set([
  'count/pods',
  'pods',
  ...COMPUTE.flatMap((name) => [name, `requests.${name}`, `limits.${name}`]),
]);
/**
 * Under a quota on these every container must say how much it wants. Upstream calls that a mistake which is kept, and
 * adds no more.
 */
const MUST_BE_SAID = ['cpu', 'limits.cpu', 'limits.memory', 'memory', 'requests.cpu', 'requests.memory'];
const ONE = wholeAmount(1);

/** Pods and what they ask for (evaluator/core/pods.go). Finished ones count as objects only. */
export const podEvaluator: Evaluator<Pod> = {
  type: { group: '', plural: 'pods' },
  handles: ({ operation, subresource }) =>
    (operation === 'CREATE' && subresource === '') || (operation === 'UPDATE' && subresource === 'resize'),
  matchingResources: (names) =>
    names.filter((name) => RESOURCES.has(name) || isHugePages(name) || isExtendedForQuota(name)),
  matchesScope,
  constraint: (required, pod) => {
    const names = MUST_BE_SAID.filter((name) => required.includes(name));
    if (names.length === 0) return undefined;
    const forPod = computeUsage(amountsOf(pod.spec?.resources?.requests), amountsOf(pod.spec?.resources?.limits));
    const missing = names
      .filter((name) => !forPod.has(name))
      .flatMap((name) => {
        const silent = silentContainers(pod, name);
        return silent.length > 0 ? [`${name} for: ${silent.join(',')}`] : [];
      });
    return missing.length > 0 ? `must specify ${missing.join('; ')}` : undefined;
  },
  usage: (pod, nowMs) => {
    if (!isCharged(pod, nowMs)) return new Map([['count/pods', ONE]]);
    const usage = computeUsage(podRequests(pod), podLimits(pod));
    usage.set('count/pods', ONE);
    return usage;
  },
};

const isHugePages = (name: string): boolean => /^(requests\.)?hugepages-/.test(name);

/** Of what vendors add only requests can be limited: it cannot be overcommitted. */
const isExtendedForQuota = (name: string): boolean =>
  name.startsWith('requests.') && name.includes('/') && !name.includes('kubernetes.io/');

const isExtended = (name: string): boolean =>
  name.includes('/') && !name.includes('kubernetes.io/') && !name.startsWith('requests.');

/** Neither finished nor past the end of its grace: a pod stuck on a lost node must not keep others out (QuotaV1Pod). */
function isCharged({ metadata, status }: Pod, nowMs: number): boolean {
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return false;
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata ?? {};
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return true;
  return nowMs <= Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000;
}

function computeUsage(requests: Amounts, limits: Amounts): Map<string, Amount> {
  const usage = new Map<string, Amount>([['pods', ONE]]);
  for (const name of COMPUTE) {
    const request = requests.get(name);
    const limit = limits.get(name);
    if (request) usage.set(name, request).set(`requests.${name}`, request);
    if (limit) usage.set(`limits.${name}`, limit);
  }
  for (const [name, request] of requests) {
    if (name.startsWith('hugepages-')) usage.set(name, request).set(`requests.${name}`, request);
    else if (isExtended(name)) usage.set(`requests.${name}`, request);
  }
  return usage;
}

function silentContainers({ spec }: Pod, name: string): string[] {
  const silent = (container: Container): boolean =>
    !computeUsage(amountsOf(container.resources?.requests), amountsOf(container.resources?.limits)).has(name);
  const all = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
  return [...new Set(all.filter(silent).map((container) => container.name))].sort();
}

function matchesScope(scope: ScopeRequirement, pod: Pod): boolean {
  const isTerminating = (pod.spec?.activeDeadlineSeconds ?? -1) >= 0;
  const isBestEffort = pod.status?.qosClass === 'BestEffort';
  switch (scope.scopeName) {
    case 'Terminating':
      return isTerminating;
    case 'NotTerminating':
      return !isTerminating;
    case 'BestEffort':
      return isBestEffort;
    case 'NotBestEffort':
      return !isBestEffort;
    case 'PriorityClass':
      return matchesValue(scope, pod.spec?.priorityClassName || undefined);
    case 'CrossNamespacePodAffinity':
      return crossesNamespaces(pod);
    default:
      return false;
  }
}

/** Whether an affinity term looks at pods of other namespaces. */
function crossesNamespaces({ spec }: Pod): boolean {
  const { podAffinity, podAntiAffinity } = spec?.affinity ?? {};
  return [podAffinity, podAntiAffinity]
    .flatMap((rules) => [
      ...(rules?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
      ...(rules?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
    ])
    .some(({ namespaces, namespaceSelector }) => (namespaces ?? []).length > 0 || namespaceSelector !== undefined);
}
