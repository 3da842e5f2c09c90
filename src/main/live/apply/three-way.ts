/** A JSON object. */
export type JsonObject = Record<string, unknown>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * kubectl's three-way merge as a JSON merge patch (RFC 7386): what is new or other in `modified` than in `live` is set;
 * what `original` (applied last) had and `modified` no longer has is removed; everything else of `live` (defaults,
 * what controllers and other people set) stays. Undefined when nothing is to be done.
 *
 * A merge patch can only replace a list as a whole, so lists are merged here, item by item, the way a strategic merge
 * does for lists of named things (containers, env, volumes); other lists are taken as written.
 */
export function threeWayPatch(original: unknown, modified: JsonObject, live: JsonObject): JsonObject | undefined {
  const before = isObject(original) ? original : {};
  const patch: JsonObject = {};
  for (const [name, wanted] of Object.entries(modified)) {
    const current = live[name];
    if (isObject(wanted) && isObject(current)) {
      const inner = threeWayPatch(before[name], wanted, current);
      if (inner) patch[name] = inner;
    } else {
      const merged = mergeValue(before[name], wanted, current);
      if (!isSame(merged, current)) patch[name] = merged;
    }
  }
  for (const name of Object.keys(before)) if (!(name in modified) && name in live) patch[name] = null;
  return Object.keys(patch).length === 0 ? undefined : patch;
}

/** What the value is to be in full. */
function mergeValue(original: unknown, wanted: unknown, live: unknown): unknown {
  if (isObject(wanted) && isObject(live)) return mergeObject(original, wanted, live);
  if (Array.isArray(wanted) && Array.isArray(live)) return mergeList(original, wanted, live);
  return wanted;
}

function mergeObject(original: unknown, wanted: JsonObject, live: JsonObject): JsonObject {
  const before = isObject(original) ? original : {};
  const kept = Object.entries(live).filter(([name]) => name in wanted || !(name in before));
  const merged: JsonObject = Object.fromEntries(kept);
  for (const [name, value] of Object.entries(wanted)) merged[name] = mergeValue(before[name], value, live[name]);
  return merged;
}

function mergeList(original: unknown, wanted: unknown[], live: unknown[]): unknown[] {
  const before = Array.isArray(original) ? (original as unknown[]) : [];
  if (!hasNames(wanted) || !hasNames(live)) return mergeByPlace(before, wanted, live);
  const find = (list: unknown[], name: unknown): JsonObject | undefined =>
    list.filter(isObject).find((item) => item['name'] === name);
  const merged = wanted.map((item) => mergeValue(find(before, item['name']), item, find(live, item['name'])));
  // What somebody else has added stays; what was applied before and is gone now goes.
  const others = live.filter((item) => !find(wanted, item['name']) && !find(before, item['name']));
  return [...merged, ...others];
}

/** Items without names are one another's successors by place, as long as the list keeps its length. */
function mergeByPlace(before: unknown[], wanted: unknown[], live: unknown[]): unknown[] {
  if (wanted.length !== live.length) return wanted;
  return wanted.map((item, index) =>
    isSame(item, before[index]) ? mergeValue(before[index], item, live[index]) : item,
  );
}

const hasNames = (list: unknown[]): list is JsonObject[] =>
  list.every((item) => isObject(item) && typeof item['name'] === 'string');

/** Equal as JSON, whatever the order of fields. */
export function isSame(a: unknown, b: unknown): boolean {
  if (Array.isArray(a))
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => isSame(item, b[index]));
  if (!isObject(a) || !isObject(b)) return a === b;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => name in b && isSame(a[name], b[name]));
}
