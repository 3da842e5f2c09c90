import { wholeAmount } from '../api/amount.ts';
import type { ResourceType } from '../api/kinds.ts';
import { countName, type Evaluator } from './evaluator.ts';

/** Core kinds that quotas could count before there was `count/…`. */
const OLD_NAMES: ReadonlySet<string> = new Set(['configmaps', 'resourcequotas', 'replicationcontrollers', 'secrets']);

const ONE = wholeAmount(1);

/** Any kind: each object is one (generic.NewObjectCountEvaluator). */
export function objectCountEvaluator({ group, plural }: Pick<ResourceType, 'group' | 'plural'>): Evaluator {
  const names = [countName({ group, plural }), ...(group === '' && OLD_NAMES.has(plural) ? [plural] : [])];
  const usage = new Map(names.map((name) => [name, ONE]));
  return {
    type: { group, plural },
    handles: ({ operation, subresource }) => operation === 'CREATE' && subresource === '',
    matchingResources: (all) => all.filter((name) => usage.has(name)),
    matchesScope: () => false,
    constraint: () => undefined,
    usage: () => usage,
  };
}
