import { ZERO, type Amount } from '../api/amount.ts';
import type { ResourceQuota, ResourceType } from '../api/kinds.ts';
import type { KubeObject } from '../api/meta.ts';
import { addTo, only } from './amounts.ts';
import { claimEvaluator } from './claims.ts';
import type { Evaluator, ScopeRequirement } from './evaluator.ts';
import { objectCountEvaluator } from './object-count.ts';
import { podEvaluator } from './pods.ts';
import { serviceEvaluator } from './services.ts';

/** Each evaluator sees objects of its own kind only, so what it knows of them can be forgotten here. */
const erased = <T extends KubeObject>(evaluator: Evaluator<T>): Evaluator => evaluator as unknown as Evaluator;

const OWN: ReadonlyMap<string, Evaluator> = new Map([
  ['/pods', erased(podEvaluator)],
  ['/services', erased(serviceEvaluator)],
  ['/persistentvolumeclaims', erased(claimEvaluator)],
]);
const counting = new Map<string, Evaluator>();

/** Kinds no quota counts: there would be no end of them (quotainstall.DefaultIgnoredResources). */
const IGNORED: ReadonlySet<string> = new Set(['/events', 'events.k8s.io/events', '/bindings']);

/** How a kind counts; undefined when it never does. */
export function evaluatorOf({ group, plural }: Pick<ResourceType, 'group' | 'plural'>): Evaluator | undefined {
  const id = `${group}/${plural}`;
  if (IGNORED.has(id)) return undefined;
  const known = OWN.get(id) ?? counting.get(id);
  if (known) return known;
  const evaluator = objectCountEvaluator({ group, plural });
  counting.set(id, evaluator);
  return evaluator;
}

/** The kind a resource of a quota is about; undefined for names that mean nothing. */
export function countedBy(name: string): Pick<ResourceType, 'group' | 'plural'> | undefined {
  for (const { type, matchingResources } of OWN.values()) if (matchingResources([name]).length > 0) return type;
  if (!name.startsWith('count/')) return { group: '', plural: name };
  const [plural = '', ...group] = name.slice('count/'.length).split('.');
  return { group: group.join('.'), plural };
}

/** `scopes` and `scopeSelector` as one list. */
export function scopesOf({ spec }: ResourceQuota): ScopeRequirement[] {
  const plain = (spec?.scopes ?? []).map((scopeName): ScopeRequirement => ({ scopeName, operator: 'Exists' }));
  return [...plain, ...(spec?.scopeSelector?.matchExpressions ?? [])];
}

/** Whether a quota counts this object, whatever it counts of it. */
export const isInScope = (evaluator: Evaluator, scopes: readonly ScopeRequirement[], object: KubeObject): boolean =>
  scopes.every((scope) => evaluator.matchesScope(scope, object));

/**
 * What the objects of one kind use of a quota's resources (generic.CalculateUsageStats). Names that are counted but of
 * which there is nothing are zero.
 */
export function usageOf(
  evaluator: Evaluator,
  objects: Iterable<KubeObject>,
  quota: ResourceQuota,
  names: readonly string[],
  nowMs: number,
): Map<string, Amount> {
  const scopes = scopesOf(quota);
  const total = new Map<string, Amount>(names.map((name) => [name, ZERO]));
  for (const object of objects)
    if (isInScope(evaluator, scopes, object)) addTo(total, only(evaluator.usage(object, nowMs), names));
  return total;
}
