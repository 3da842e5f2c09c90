import { addAmounts, formatAmount, largerAmount, parseAmount, ZERO, type Amount } from '../api/amount.ts';

/** What is asked for, used or allowed of each resource (`corev1.ResourceList`). None of the functions changes its arguments. */
export type Amounts = ReadonlyMap<string, Amount>;

/** The list as an object has it; what is no quantity is left out. */
export function amountsOf(list: Readonly<Record<string, string>> | undefined): Map<string, Amount> {
  const amounts = new Map<string, Amount>();
  for (const name in list) {
    const amount = parseAmount(String(list[name]));
    if (amount) amounts.set(name, amount);
  }
  return amounts;
}

export const toList = (amounts: Amounts): Record<string, string> =>
  Object.fromEntries([...amounts].map(([name, amount]) => [name, formatAmount(amount)]));

/** Sums by name; a name that only one of them has is kept. */
export function sumOf(left: Amounts, right: Amounts): Map<string, Amount> {
  const sum = new Map(left);
  addTo(sum, right);
  return sum;
}

/** `sumOf`, in place. */
export function addTo(total: Map<string, Amount>, more: Amounts): void {
  for (const [name, amount] of more) {
    const before = total.get(name);
    total.set(name, before ? addAmounts(before, amount) : amount);
  }
}

/** Raises each amount in `total` to that of `other`, in place. */
export function raiseTo(total: Map<string, Amount>, other: Amounts): void {
  for (const [name, amount] of other) {
    const before = total.get(name);
    total.set(name, before ? largerAmount(before, amount) : amount);
  }
}

/** How much more `now` is than `before`; what is not more is left out (quota.SubtractWithNonNegativeResult, RemoveZeros). */
export function increase(now: Amounts, before: Amounts): Map<string, Amount> {
  const more = new Map<string, Amount>();
  for (const [name, { nano, format }] of now) {
    const difference = nano - (before.get(name)?.nano ?? 0n);
    if (difference > 0n) more.set(name, { nano: difference, format });
  }
  return more;
}

/** Only these names, in their order (quota.Mask). */
export function only(amounts: Amounts, names: Iterable<string>): Map<string, Amount> {
  const kept = new Map<string, Amount>();
  for (const name of names) {
    const amount = amounts.get(name);
    if (amount) kept.set(name, amount);
  }
  return kept;
}

/** Names of which there is more than the most; a name without a most is not judged (quota.LessThanOrEqual). */
export const namesAbove = (amounts: Amounts, most: Amounts): string[] =>
  [...amounts].flatMap(([name, { nano }]) => {
    const limit = most.get(name);
    return limit && nano > limit.nano ? [name] : [];
  });

/** Same names, same amounts, however they are written. */
export const sameAmounts = (left: Amounts, right: Amounts): boolean =>
  left.size === right.size && [...left].every(([name, { nano }]) => right.get(name)?.nano === nano);

/** Whether any amount is smaller than its counterpart; an absent one counts as nothing. */
export const anyBelow = (amounts: Amounts, others: Amounts): boolean =>
  [...others].some(([name, { nano }]) => (amounts.get(name) ?? ZERO).nano < nano);

/** `cpu=1,pods=2`: upstream's prettyPrint. */
export const printAmounts = (amounts: Amounts): string =>
  [...amounts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, amount]) => `${name}=${formatAmount(amount)}`)
    .join(',');
