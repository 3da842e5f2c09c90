import type { JsonSchema } from '../../../shared/api/custom-resource-definition.ts';
import { copyJson, isJsonObject, setOwn, type JsonObject } from '../decode/json-value.ts';
import { itemsOf, propertyOf, someNode, valuesOf } from './schema-nodes.ts';

const isForbiddenNull = (value: unknown, schema: JsonSchema): boolean => value === null && schema.nullable !== true;

/** Whether the schema sets anything by itself. */
export const hasDefaults = (schema: JsonSchema): boolean => someNode(schema, (node) => node.default !== undefined);

/** Fills in, in place, what is missing and has a default (apiextensions `structuraldefaulting.Default`). */
export function applyDefaults(value: unknown, schema: JsonSchema): void {
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    if (!items) return;
    value.forEach((item: unknown, index) => {
      if (isForbiddenNull(item, items) && items.default !== undefined) value[index] = copyJson(items.default);
      applyDefaults(value[index], items);
    });
    return;
  }
  if (!isJsonObject(value)) return;
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (property.default === undefined) continue;
    const missing = !Object.hasOwn(value, name) || isForbiddenNull(value[name], property);
    if (missing) setOwn(value, name, copyJson(property.default));
  }
  const values = valuesOf(schema);
  for (const name of Object.keys(value)) {
    const known = propertyOf(schema, name) ?? values;
    if (!known) continue;
    if (known === values && isForbiddenNull(value[name], known) && known.default !== undefined)
      setOwn(value, name, copyJson(known.default));
    applyDefaults(value[name], known);
  }
}

/** Takes out, in place, nulls of fields that may not be null and have no default: an absent field is what was meant. */
export function pruneForbiddenNulls(value: unknown, schema: JsonSchema): void {
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    if (items) for (const item of value) pruneForbiddenNulls(item, items);
    return;
  }
  if (!isJsonObject(value)) return;
  for (const name of Object.keys(value)) {
    const property = propertyOf(schema, name);
    if (property && isForbiddenNull(value[name], property) && property.default === undefined)
      Reflect.deleteProperty(value, name);
    else {
      const known = property ?? valuesOf(schema);
      if (known) pruneForbiddenNulls(value[name], known);
    }
  }
}

/** A copy of a stored object with its schema's defaults, or the object itself when it has them all. */
export function withDefaults(object: JsonObject, schema: JsonSchema): JsonObject {
  const copy = copyJson(object) as JsonObject;
  applyDefaults(copy, schema);
  return copy;
}
