import type { Node, Taint } from '../../../shared/api/kinds.ts';
import { timestamp } from '../runtime/timestamp.ts';
import type { Readiness } from './health.ts';

export const NOT_READY = 'node.kubernetes.io/not-ready';
export const UNREACHABLE = 'node.kubernetes.io/unreachable';
export const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';

/** Condition type and status to the NoSchedule taint that stands for it (nodeConditionToTaintKeyStatusMap). */
const CONDITION_TAINTS: Record<string, Record<string, string>> = {
  Ready: { False: NOT_READY, Unknown: UNREACHABLE },
  MemoryPressure: { True: 'node.kubernetes.io/memory-pressure' },
  DiskPressure: { True: 'node.kubernetes.io/disk-pressure' },
  NetworkUnavailable: { True: 'node.kubernetes.io/network-unavailable' },
  PIDPressure: { True: 'node.kubernetes.io/pid-pressure' },
};
const MANAGED_KEYS = new Set([
  UNSCHEDULABLE,
  ...Object.values(CONDITION_TAINTS).flatMap((taints) => Object.values(taints)),
]);

const same = (a: Taint, b: Taint): boolean => a.key === b.key && a.effect === b.effect;
export const hasTaint = (node: Node, key: string, effect: string): boolean =>
  (node.spec?.taints ?? []).some((taint) => same(taint, { key, effect }));

/** The node's taints with the NoSchedule ones that its conditions and `unschedulable` call for; undefined when they are right. */
export function noScheduleTaints(node: Node, now: number): Taint[] | undefined {
  const wanted = (node.status?.conditions ?? []).flatMap(({ type, status }) => CONDITION_TAINTS[type]?.[status] ?? []);
  if (node.spec?.unschedulable) wanted.push(UNSCHEDULABLE);
  const current = node.spec?.taints ?? [];
  const managed = (taint: Taint): boolean => taint.effect === 'NoSchedule' && MANAGED_KEYS.has(taint.key);
  const kept = current.filter((taint) => !managed(taint) || wanted.includes(taint.key));
  const missing = wanted.filter((key) => !kept.some((taint) => same(taint, { key, effect: 'NoSchedule' })));
  if (missing.length === 0 && kept.length === current.length) return undefined;
  return [...kept, ...missing.map((key) => ({ key, effect: 'NoSchedule', timeAdded: timestamp(now) }))];
}

/**
 * The node's taints with the NoExecute one for this readiness, and without its opposite: a node is either not ready
 * or unreachable. `True` takes both away. Undefined when they are right.
 */
export function noExecuteTaints(node: Node, readiness: Readiness, now: number): Taint[] | undefined {
  const wanted = readiness === 'True' ? undefined : readiness === 'False' ? NOT_READY : UNREACHABLE;
  const current = node.spec?.taints ?? [];
  const ours = (taint: Taint): boolean =>
    taint.effect === 'NoExecute' && (taint.key === NOT_READY || taint.key === UNREACHABLE);
  const kept = current.filter((taint) => !ours(taint) || taint.key === wanted);
  const missing = wanted !== undefined && !hasTaint(node, wanted, 'NoExecute');
  if (!missing && kept.length === current.length) return undefined;
  return missing ? [...kept, { key: wanted, effect: 'NoExecute', timeAdded: timestamp(now) }] : kept;
}
