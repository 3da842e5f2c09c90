import type { Amount } from '../../../shared/api/amount.ts';
import type { ResourceQuota } from '../../../shared/api/kinds.ts';
import { amountsOf, anyBelow, only, sameAmounts, toList, type Amounts } from '../../../shared/quota/amounts.ts';

/** No charge by admission for this long: what was admitted is in the caches, and may be counted anew. */
export const SETTLE_MS = 300;
/** Where there is always something being charged, what is free is given back after this long all the same. */
export const LONGEST_WAIT_MS = 3000;

type Status = NonNullable<ResourceQuota['status']>;

export type Plan =
  | { action: 'none' }
  | { action: 'write'; status: Status }
  /** Something is free, but admission is charging at this moment: what it admitted may not be in the caches yet. */
  | { action: 'wait'; ms: number };

/** What is known of the charges that others made on a quota. */
export interface Charges {
  /** When the last one was seen; undefined when none was. */
  lastMs: number | undefined;
  /** Since when there is something to give back; undefined when that is news. */
  waitingSinceMs: number | undefined;
}

/**
 * What the status should say (syncResourceQuota): hard as in the spec, and what was counted. Of resources that could
 * not be counted the number that is there stays. Upstream gives back at once, and can thereby forget an object that is
 * admitted and not stored; here that waits for a moment of quiet.
 */
export function plan(quota: ResourceQuota, counted: Amounts, charges: Charges, now: number): Plan {
  const hard = amountsOf(quota.spec?.hard);
  const before = amountsOf(quota.status?.used);
  const used = new Map<string, Amount>(only(new Map([...before, ...counted]), hard.keys()));
  const isNew = quota.status?.hard === undefined || !sameAmounts(hard, amountsOf(quota.status.hard));
  if (!isNew && quota.status?.used !== undefined && sameAmounts(used, before)) return { action: 'none' };

  const { lastMs, waitingSinceMs = now } = charges;
  if (anyBelow(used, only(before, hard.keys())) && lastMs !== undefined) {
    const quietInMs = lastMs + SETTLE_MS - now;
    const patienceMs = waitingSinceMs + LONGEST_WAIT_MS - now;
    const ms = Math.min(quietInMs, patienceMs);
    if (ms > 0) return { action: 'wait', ms };
  }
  return { action: 'write', status: { hard: toList(hard), used: toList(used) } };
}
