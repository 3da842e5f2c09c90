import type { StateKind } from '../../../../shared/view/rows.ts';
import { STATE_ORDER } from '../../ui/state-grammar.ts';

export interface StateShare {
  kind: StateKind;
  count: number;
  /** 0..1 of all. */
  share: number;
}

/** Pods by state, worst first, those there are none of left out. */
export function stateShares(byState: Readonly<Record<string, number>>, total: number): StateShare[] {
  return STATE_ORDER.flatMap((kind) => {
    const count = byState[kind] ?? 0;
    return count > 0 ? [{ kind, count, share: total > 0 ? count / total : 0 }] : [];
  });
}
