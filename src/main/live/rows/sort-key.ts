import type { Row, StateKind } from '../../../shared/view/rows.ts';

/** Worst first: what needs somebody stands at the top. */
const SEVERITY: Record<StateKind, number> = { failing: 0, waiting: 1, unknown: 2, warning: 3, working: 4, healthy: 5 };

export type SortKey = string | number;

/** What a row is sorted by. `age` is the time of creation; `state` goes worst first, then by word; lists by their first value. */
export function sortKeyOf(row: Row, field: string): SortKey {
  if (field === 'state') return `${SEVERITY[row.state.kind]} ${row.state.word}`;
  // Older is more: the youngest come first when ascending.
  if (field === 'age') return -Date.parse(row.createdAt) || 0;
  const value = (row as unknown as Record<string, unknown>)[field];
  if (typeof value === 'number' || typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (Array.isArray(value)) return String(value[0] ?? '');
  return -Infinity;
}

export function severityOf(row: Row): number {
  return SEVERITY[row.state.kind];
}

/** Numbers by size, texts by their characters, and numbers before texts. */
export function compareKeys(a: SortKey, b: SortKey): number {
  if (typeof a === typeof b) return a < b ? -1 : a > b ? 1 : 0;
  return typeof a === 'number' ? -1 : 1;
}
