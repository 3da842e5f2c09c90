import type { Rejection } from './plugin.ts';

/** Why a pod fits nowhere. */
export interface FitError {
  totalNodes: number;
  /** By node name; only nodes that were looked at. */
  rejections: ReadonlyMap<string, Rejection>;
  /** What is said of every node that was not looked at, if any were left out. */
  others: Rejection | undefined;
  /** What stood in the way before any node was looked at (upstream's PreFilterMsg). */
  refusal?: string;
  /** Names of the plugins that turned nodes away. */
  plugins: ReadonlySet<string>;
}

/** Upstream's FitError.Error: `0/3 nodes are available: 1 Insufficient cpu, 2 …. preemption: …`. Reasons sorted as text. */
export function fitMessage(error: FitError, preemption?: string): string {
  const counts = new Map<string, number>();
  const count = (reasons: readonly string[], times: number): void => {
    for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + times);
  };
  for (const { reasons } of error.rejections.values()) count(reasons, 1);
  const unseen = error.totalNodes - error.rejections.size;
  if (error.others && unseen > 0) count(error.others.reasons, unseen);
  const lines = [...counts].map(([reason, times]) => `${String(times)} ${reason}`).sort(byBytes);
  const text = error.refusal ?? lines.join(', ');
  const reasons = text === '' ? '' : ` ${text}.`;
  return `0/${String(error.totalNodes)} nodes are available:${reasons}${preemption ? ` preemption: ${preemption}` : ''}`;
}

/** As Go sorts strings, not as a language would. */
const byBytes = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
