import { isDeepStrictEqual } from 'node:util';
import type { ClusterRole } from '../../../shared/api/kinds.ts';
import { nameOf } from '../../../shared/api/meta.ts';
import { matchesLabelSelector } from '../../../shared/api/selector.ts';

type Rules = NonNullable<ClusterRole['rules']>;

/**
 * The rules an aggregated role should have: those of every role its selectors choose, by name, each rule once.
 * Undefined when it has them already, or is not aggregated.
 */
export function planRules(role: ClusterRole, all: readonly ClusterRole[]): Rules | undefined {
  const selectors = role.aggregationRule?.clusterRoleSelectors;
  if (!selectors) return undefined;
  const byName = all.filter((other) => nameOf(other) !== nameOf(role)).sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const rules: Rules = [];
  for (const selector of selectors) {
    const chosen = byName.filter(({ metadata }) => matchesLabelSelector(selector, metadata?.labels));
    for (const rule of chosen.flatMap((other) => other.rules ?? []))
      if (!rules.some((known) => isDeepStrictEqual(known, rule))) rules.push(rule);
  }
  return isDeepStrictEqual(rules, role.rules ?? []) ? undefined : rules;
}
