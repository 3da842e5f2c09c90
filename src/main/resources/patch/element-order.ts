import { getOwn, isJsonObject } from '../decode/json-value.ts';

/**
 * Orders a merged list by `$setElementOrder`. Items the patch does not name (another writer's) keep their place
 * relative to the named ones as the server had it (strategicpatch `normalizeElementOrder`).
 */
export function keepOrder(
  merged: readonly unknown[],
  order: readonly unknown[],
  serverOrder: readonly unknown[],
  mergeKey: string | undefined,
): unknown[] {
  const identity = (item: unknown): unknown =>
    mergeKey !== undefined && isJsonObject(item) ? getOwn(item, mergeKey) : item;
  const positionIn = (list: readonly unknown[]): Map<unknown, number> =>
    new Map(list.map((item, index) => [identity(item), index]));
  const wanted = positionIn(order);
  const server = positionIn(serverOrder);
  const at = (positions: Map<unknown, number>, item: unknown): number => positions.get(identity(item)) ?? -1;

  const named = merged.filter((item) => at(wanted, item) >= 0).sort((a, b) => at(wanted, a) - at(wanted, b));
  const others = merged.filter((item) => at(wanted, item) < 0).sort((a, b) => at(server, a) - at(server, b));
  const result: unknown[] = [];
  while (named.length > 0 && others.length > 0) {
    const ours = at(server, others[0]);
    const theirs = at(server, named[0]);
    const otherIsFirst = ours >= 0 && theirs >= 0 && ours < theirs;
    result.push(otherIsFirst ? others.shift() : named.shift());
  }
  return [...result, ...named, ...others];
}
