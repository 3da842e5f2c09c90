import { formatAmount, type Amount } from '../../../../shared/api/amount.ts';
import type { LimitRange, PersistentVolumeClaim, Pod } from '../../../../shared/api/kinds.ts';
import { amountsOf, type Amounts } from '../../../../shared/quota/amounts.ts';
import { podLimits, podRequests } from '../../../../shared/quota/pod-resources.ts';

type Item = NonNullable<LimitRange['spec']>['limits'][number];

const NONE: Amounts = new Map();

/** What a pod breaks of a LimitRange (PodValidateLimitFunc): of each container, and of the pod as a whole. */
export function podViolations({ spec }: LimitRange, pod: Pod): string[] {
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  return (spec?.limits ?? []).flatMap((item) => {
    if (item.type === 'Container')
      return containers.flatMap(({ resources }) =>
        violations(item, amountsOf(resources?.requests), amountsOf(resources?.limits)),
      );
    return item.type === 'Pod' ? violations(item, podRequests(pod), podLimits(pod)) : [];
  });
}

/** What a claim breaks (PersistentVolumeClaimValidateLimitFunc): claims have requests only. */
export function claimViolations({ spec }: LimitRange, claim: PersistentVolumeClaim): string[] {
  const requests = amountsOf(claim.spec?.resources?.requests);
  return (spec?.limits ?? [])
    .filter(({ type }) => type === 'PersistentVolumeClaim')
    .flatMap((item) => [
      ...each(item.min, (name, least) => tooLittle(item, name, least, requests.get(name), undefined)),
      ...each(item.max, (name, most) => tooMuchRequested(item, name, most, requests.get(name))),
    ]);
}

function violations(item: Item, requests: Amounts, limits: Amounts = NONE): string[] {
  return [
    ...each(item.min, (name, least) => tooLittle(item, name, least, requests.get(name), limits.get(name))),
    ...each(item.max, (name, most) => tooMuch(item, name, most, requests.get(name), limits.get(name))),
    ...each(item.maxLimitRequestRatio, (name, most) =>
      tooFarApart(item, name, most, requests.get(name), limits.get(name)),
    ),
  ];
}

function each(
  list: Readonly<Record<string, string>> | undefined,
  judge: (name: string, bound: Amount) => string | undefined,
): string[] {
  return [...amountsOf(list)].flatMap(([name, bound]) => judge(name, bound) ?? []);
}

type Given = Amount | undefined;

function tooLittle({ type }: Item, name: string, least: Amount, request: Given, limit: Given): string | undefined {
  const bound = `minimum ${name} usage per ${type} is ${formatAmount(least)}`;
  if (!request) return `${bound}.  No request is specified`;
  if (request.nano < least.nano) return `${bound}, but request is ${formatAmount(request)}`;
  return limit && limit.nano < least.nano ? `${bound}, but limit is ${formatAmount(limit)}` : undefined;
}

function tooMuch({ type }: Item, name: string, most: Amount, request: Given, limit: Given): string | undefined {
  const bound = `maximum ${name} usage per ${type} is ${formatAmount(most)}`;
  if (!limit) return `${bound}.  No limit is specified`;
  if (limit.nano > most.nano) return `${bound}, but limit is ${formatAmount(limit)}`;
  return request && request.nano > most.nano ? `${bound}, but request is ${formatAmount(request)}` : undefined;
}

function tooMuchRequested({ type }: Item, name: string, most: Amount, request: Given): string | undefined {
  const bound = `maximum ${name} usage per ${type} is ${formatAmount(most)}`;
  if (!request) return `${bound}.  No request is specified`;
  return request.nano > most.nano ? `${bound}, but request is ${formatAmount(request)}` : undefined;
}

function tooFarApart({ type }: Item, name: string, most: Amount, request: Given, limit: Given): string | undefined {
  const bound = `${name} max limit to request ratio per ${type} is ${formatAmount(most)}`;
  if (!request || request.nano === 0n) return `${bound}, but no request is specified or request is 0`;
  if (!limit || limit.nano === 0n) return `${bound}, but no limit is specified or limit is 0`;
  // limit / request > most, in whole numbers: `most` is in nano-units.
  if (limit.nano * 1_000_000_000n <= most.nano * request.nano) return undefined;
  return `${bound}, but provided ratio is ${(Number(limit.nano) / Number(request.nano)).toFixed(6)}`;
}
