import type { Pod } from '../../../../shared/api/kinds.ts';
import { evaluate, reasonsOf } from './evaluate.ts';
import { printLevelVersion, type LevelVersion } from './policy.ts';

/** More pods than these are not looked at when a namespace's labels change. */
export const MOST_PODS_CHECKED = 3000;

/**
 * Warnings about pods that would not be let in under a newly enforced level, those with the same faults together
 * (Admission.EvaluatePodsInNamespace). `total` counts all pods of the namespace, `pods` are those to look at.
 */
export function warningsOf(namespace: string, enforce: LevelVersion, pods: readonly Pod[], total: number): string[] {
  const byFault = new Map<string, string[]>();
  for (const { metadata, spec } of pods) {
    const violations = spec ? evaluate(enforce.level, enforce.version, metadata ?? {}, spec) : [];
    if (violations.length === 0) continue;
    const fault = reasonsOf(violations);
    byFault.set(fault, [...(byFault.get(fault) ?? []), metadata?.name ?? '']);
  }
  const faults = [...byFault].map(([fault, names]) => `${printNames(names)}: ${fault}`).sort();
  return [
    ...(pods.length < total
      ? [`new PodSecurity enforce level only checked against the first ${pods.length} of ${total} existing pods`]
      : []),
    ...(faults.length > 0
      ? [
          `existing pods in namespace ${JSON.stringify(namespace)} violate the new PodSecurity enforce level ${JSON.stringify(printLevelVersion(enforce))}`,
        ]
      : []),
    ...faults,
  ];
}

function printNames(names: readonly string[]): string {
  const first = names.reduce((least, name) => (name < least ? name : least));
  if (names.length === 1) return first;
  return `${first} (and ${names.length === 2 ? '1 other pod' : `${names.length - 1} other pods`})`;
}
