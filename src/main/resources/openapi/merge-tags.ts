import { ATOMIC_STRUCTS, isAtomicField, listRule } from '../apply/list-types.ts';
import { patchRule, type PatchRule } from '../patch/merge-keys.ts';
import type { Schema } from '../schema/schema.ts';

/** `x-kubernetes-patch-strategy` of a rule, as upstream writes it; undefined for what is replaced whole. */
function strategyOf(rule: PatchRule): string | undefined {
  if (rule.merge) return rule.retainKeys ? 'merge,retainKeys' : 'merge';
  return rule.retainKeys ? 'retainKeys' : undefined;
}

/**
 * The schema with what says how its fields are merged: the patch tags, by which `kubectl apply` works its patches out
 * (without them it takes every list for one that is replaced whole, and an item taken out of a manifest would never go),
 * and the list and map types of server-side apply.
 */
export function withMergeTags(name: string, schema: Schema): Schema {
  if (!schema.properties) return schema;
  const properties = Object.entries(schema.properties).map(([field, property]): [string, Schema] => [
    field,
    { ...property, ...patchTags(name, field), ...typeTags(name, field, property) },
  ]);
  return {
    ...schema,
    properties: Object.fromEntries(properties),
    ...(ATOMIC_STRUCTS.has(name) ? { 'x-kubernetes-map-type': 'atomic' as const } : {}),
  };
}

function patchTags(name: string, field: string): Partial<Schema> {
  const rule = patchRule(name, field);
  const strategy = strategyOf(rule);
  if (strategy === undefined) return {};
  return {
    ...(rule.mergeKey === undefined ? {} : { 'x-kubernetes-patch-merge-key': rule.mergeKey }),
    'x-kubernetes-patch-strategy': strategy,
  };
}

function typeTags(name: string, field: string, { type }: Schema): Partial<Schema> {
  if (type === 'object' && isAtomicField(name, field)) return { 'x-kubernetes-map-type': 'atomic' };
  if (type !== 'array') return {};
  const rule = listRule(name, field);
  if (typeof rule === 'string') return { 'x-kubernetes-list-type': rule };
  return { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': rule.map((key) => key.name) };
}
