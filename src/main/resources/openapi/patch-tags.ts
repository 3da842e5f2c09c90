import { patchRule, type PatchRule } from '../patch/merge-keys.ts';
import type { Schema } from '../schema/schema.ts';

/** `x-kubernetes-patch-strategy` of a rule, as upstream writes it; undefined for what is replaced whole. */
function strategyOf(rule: PatchRule): string | undefined {
  if (rule.merge) return rule.retainKeys ? 'merge,retainKeys' : 'merge';
  return rule.retainKeys ? 'retainKeys' : undefined;
}

/**
 * The schema with the patch tags of its fields. `kubectl apply` works its patches out by these: without them it takes
 * every list for one that is replaced whole, and an item taken out of a manifest would never go.
 */
export function withPatchTags(name: string, schema: Schema): Schema {
  if (!schema.properties) return schema;
  const properties = Object.entries(schema.properties).map(([field, property]): [string, Schema] => {
    const rule = patchRule(name, field);
    const strategy = strategyOf(rule);
    if (strategy === undefined) return [field, property];
    return [
      field,
      {
        ...property,
        ...(rule.mergeKey === undefined ? {} : { 'x-kubernetes-patch-merge-key': rule.mergeKey }),
        'x-kubernetes-patch-strategy': strategy,
      },
    ];
  });
  return { ...schema, properties: Object.fromEntries(properties) };
}
