import type { Toleration } from '../../../shared/api/kinds.ts';
import { equalJson } from '../registry/json-value.ts';

/** Both lists as one, without those that another one includes (util/tolerations MergeTolerations). */
export function mergeTolerations(first: readonly Toleration[], second: readonly Toleration[]): Toleration[] {
  const all = [...first, ...second];
  const merged: Toleration[] = [];
  all.forEach((toleration, index) => {
    if (merged.some((kept) => includes(kept, toleration))) return;
    const later = all.slice(index + 1);
    // Of two that are the same the first stays.
    if (later.some((other) => !equalJson(other, toleration) && includes(other, toleration))) return;
    merged.push(toleration);
  });
  return merged;
}

/** Whether everything the second tolerates the first does too. */
function includes(wide: Toleration, narrow: Toleration): boolean {
  if (equalJson(wide, narrow)) return true;
  // Without a key `Exists` stands for every key; without an effect, for every effect.
  const anyKey = !wide.key && wide.operator === 'Exists';
  if (narrow.key !== wide.key && !anyKey) return false;
  if (narrow.effect !== wide.effect && wide.effect) return false;
  if (wide.effect === 'NoExecute' && wide.tolerationSeconds !== undefined) {
    if (narrow.tolerationSeconds === undefined || narrow.tolerationSeconds > wide.tolerationSeconds) return false;
  }
  if (wide.operator === 'Exists') return true;
  return narrow.operator === 'Equal' && narrow.value === wide.value;
}
