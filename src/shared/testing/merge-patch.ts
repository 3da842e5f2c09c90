/** Lists that a strategic merge patch merges by key, as far as controllers patch them. */
const MERGE_KEYS: Record<string, string> = {
  conditions: 'type',
  taints: 'key',
  ownerReferences: 'uid',
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** RFC 7386; with `strategic`, the lists above are merged by their key and `$patch: delete` removes an item. */
export function mergePatch(target: unknown, patch: unknown, strategic: boolean, field = ''): unknown {
  const key = MERGE_KEYS[field];
  if (strategic && key && Array.isArray(patch)) return mergeList(Array.isArray(target) ? target : [], patch, key);
  if (!isRecord(patch)) return patch;
  const merged = new Map(isRecord(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, mergePatch(merged.get(name), value, strategic, name));
  }
  return Object.fromEntries(merged);
}

function mergeList(target: unknown[], patch: unknown[], key: string): unknown[] {
  const merged = [...target];
  for (const item of patch) {
    if (!isRecord(item)) continue;
    const at = merged.findIndex((have) => isRecord(have) && have[key] === item[key]);
    if (item['$patch'] === 'delete') {
      if (at >= 0) merged.splice(at, 1);
    } else if (at >= 0) merged[at] = mergePatch(merged[at], item, true);
    else merged.push(item);
  }
  return merged;
}
