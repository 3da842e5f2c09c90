import type { ResourceQuota } from '../../../../shared/api/kinds.ts';
import type { KubeObject } from '../../../../shared/api/meta.ts';
import {
  amountsOf,
  increase,
  namesAbove,
  only,
  printAmounts,
  sumOf,
  toList,
  type Amounts,
} from '../../../../shared/quota/amounts.ts';
import type { Evaluator } from '../../../../shared/quota/evaluator.ts';
import { isInScope, scopesOf } from '../../../../shared/quota/usage.ts';

/** An object about to be written, as quotas see it. */
export interface Charge {
  evaluator: Evaluator;
  object: KubeObject;
  /** The object as it is stored; absent for a new one. */
  old: KubeObject | undefined;
}

/**
 * The quotas as they would be if the object were written, or why it must not be (CheckRequest). Quotas that it does not
 * concern, and all of them when it uses nothing more, come back as they are: the same objects.
 */
export function checkRequest(
  quotas: readonly ResourceQuota[],
  { evaluator, object, old }: Charge,
  nowMs: number,
): { quotas: readonly ResourceQuota[] } | { refused: string } {
  const concerned = new Set<ResourceQuota>();
  for (const quota of quotas) {
    const names = evaluator.matchingResources(Object.keys(quota.status?.hard ?? {}));
    if (names.length === 0 || !isInScope(evaluator, scopesOf(quota), object)) continue;
    const name = quota.metadata?.name ?? '';
    const broken = evaluator.constraint(names, object);
    if (broken !== undefined) return { refused: `failed quota: ${name}: ${broken}` };
    // Hard is there and used is not: nobody knows yet whether there is room.
    if (names.some((resource) => quota.status?.used?.[resource] === undefined))
      return { refused: `status unknown for quota: ${name}, resources: ${names.sort().join(',')}` };
    concerned.add(quota);
  }
  if (concerned.size === 0) return { quotas };

  const usage = evaluator.usage(object, nowMs);
  const negative = [...usage].filter(([, { nano }]) => nano < 0n).map(([name]) => name);
  if (negative.length > 0) return { refused: `quota usage is negative for resource(s): ${negative.sort().join(',')}` };
  const more = increase(usage, old ? evaluator.usage(old, nowMs) : new Map());
  if (more.size === 0) return { quotas };

  const charged: ResourceQuota[] = [];
  for (const quota of quotas) {
    const after = concerned.has(quota) ? charge(quota, more) : quota;
    if (typeof after === 'string') return { refused: after };
    charged.push(after);
  }
  return { quotas: charged };
}

/** The quota with more used, or why that would be too much. */
function charge(quota: ResourceQuota, more: Amounts): ResourceQuota | string {
  const hard = amountsOf(quota.status?.hard);
  const used = amountsOf(quota.status?.used);
  const requested = only(more, hard.keys());
  if (requested.size === 0) return quota;
  const after = sumOf(used, requested);
  const exceeded = namesAbove(only(after, requested.keys()), hard);
  if (exceeded.length > 0) {
    const print = (amounts: Amounts): string => printAmounts(only(amounts, exceeded));
    return `exceeded quota: ${quota.metadata?.name ?? ''}, requested: ${print(requested)}, used: ${print(used)}, limited: ${print(hard)}`;
  }
  return { ...quota, status: { ...quota.status, used: toList(after) } };
}
