import type { JsonSchema } from '../../../shared/api/custom-resource-definition.ts';
import { isJsonObject, type JsonObject } from '../decode/json-value.ts';
import { childPath, indexPath, itemsOf, META_FIELDS, propertyOf, valuesOf } from './schema-nodes.ts';

/**
 * Takes out, in place, every field the schema does not know, and returns their paths (apiextensions
 * `structuralpruning.PruneWithOptions`). apiVersion, kind and metadata of the object and of embedded resources stay.
 */
export function pruneUnknown(object: JsonObject, schema: JsonSchema): string[] {
  const unknown: string[] = [];
  prune(object, schema, '', unknown, true);
  return unknown;
}

function prune(value: unknown, schema: JsonSchema | undefined, path: string, unknown: string[], isRoot = false): void {
  const keeps = schema?.['x-kubernetes-preserve-unknown-fields'] === true;
  if (Array.isArray(value)) {
    const items = schema && itemsOf(schema);
    // What is kept whole is only looked through for fields that have schemas of their own.
    if (keeps && !items) return;
    value.forEach((item: unknown, index) => prune(item, items, indexPath(path, index), unknown));
    return;
  }
  if (!isJsonObject(value)) return;
  const isResource = isRoot || schema?.['x-kubernetes-embedded-resource'] === true;
  for (const name of Object.keys(value)) {
    if (isResource && META_FIELDS.has(name)) continue;
    const property = schema && propertyOf(schema, name);
    const values = schema && valuesOf(schema);
    const known = property ?? values;
    if (known) prune(value[name], known, childPath(path, name), unknown);
    else if (!keeps && schema?.additionalProperties !== true) {
      unknown.push(childPath(path, name));
      Reflect.deleteProperty(value, name);
    }
  }
}
