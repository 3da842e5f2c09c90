import { badRequest } from '../../../shared/api/errors.ts';
import { copyJson, getOwn, isJsonObject, setOwn, type JsonObject } from '../decode/json-value.ts';
import { schemaNamed } from '../schema/catalog.ts';
import { refOf, type Schema } from '../schema/schema.ts';
import { keepOrder } from './element-order.ts';
import { patchRule, type PatchRule } from './merge-keys.ts';

const PATCH = '$patch';
const RETAIN_KEYS = '$retainKeys';
const DELETE_FROM_LIST = '$deleteFromPrimitiveList/';
const ELEMENT_ORDER = '$setElementOrder/';

const isDirective = (key: string): boolean =>
  key === PATCH || key === RETAIN_KEYS || key.startsWith(DELETE_FROM_LIST) || key.startsWith(ELEMENT_ORDER);

/**
 * Strategic merge patch (apimachinery `strategicpatch`): like a JSON merge patch, but lists merge by the keys of
 * `merge-keys.ts` and the `$` directives are obeyed. Neither argument is changed.
 * Throws ApiError 400 for a patch that contradicts the schema or misuses a directive.
 */
export function strategicMerge(schemaName: string | undefined, target: JsonObject, patch: JsonObject): JsonObject {
  const directive = patch[PATCH];
  if (directive === 'replace') return withoutDirectives(patch);
  if (directive === 'delete') return {};
  if (directive !== undefined && directive !== 'merge') {
    throw badRequest(`Unknown patch type found: ${String(directive)}`);
  }
  const schema = schemaName === undefined ? undefined : schemaNamed(schemaName);
  const result = retained(target, patch);
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith(DELETE_FROM_LIST)) removeValues(result, key.slice(DELETE_FROM_LIST.length), value);
    if (isDirective(key)) continue;
    if (value === null) Reflect.deleteProperty(result, key);
    else
      setOwn(
        result,
        key,
        mergeField(fieldOf(schema, key), patchRule(schemaName, key), getOwn(result, key), value, key),
      );
  }
  for (const [key, order] of Object.entries(patch)) {
    if (!key.startsWith(ELEMENT_ORDER)) continue;
    const field = key.slice(ELEMENT_ORDER.length);
    if (!Array.isArray(order)) throw badRequest(`invalid patch format of ${ELEMENT_ORDER} list`);
    const items = getOwn(result, field);
    if (!Array.isArray(items)) continue;
    setOwn(
      result,
      field,
      keepOrder(items, order, asArray(getOwn(target, field)), patchRule(schemaName, field).mergeKey),
    );
  }
  return result;
}

const asArray = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** The schema of a field or of a map's values. */
const fieldOf = (schema: Schema | undefined, key: string): Schema | undefined =>
  schema?.properties && Object.hasOwn(schema.properties, key) ? schema.properties[key] : schema?.additionalProperties;

/** `$retainKeys` names the fields that stay; every other field of the target goes. */
function retained(target: JsonObject, patch: JsonObject): JsonObject {
  const keys = patch[RETAIN_KEYS];
  if (keys === undefined) return { ...target };
  if (!Array.isArray(keys)) throw badRequest('invalid patch format of retainKeys');
  const kept = new Set<unknown>(keys);
  const stray = Object.keys(patch).find((key) => !isDirective(key) && patch[key] !== null && !kept.has(key));
  if (stray !== undefined) throw badRequest(`invalid patch format of retainKeys: ${stray} is not in the list`);
  return Object.fromEntries(Object.entries(target).filter(([key]) => kept.has(key)));
}

function mergeField(field: Schema | undefined, rule: PatchRule, target: unknown, patch: unknown, key: string): unknown {
  if (isJsonObject(patch)) {
    const name = field && refOf(field);
    // What is new has nothing to merge with, but its nulls and directives must still not be stored.
    return strategicMerge(name, isJsonObject(target) ? target : {}, patch);
  }
  if (Array.isArray(patch)) {
    const items = field?.items;
    const name = items && refOf(items);
    return mergeList(name, rule, asArray(target), patch, key);
  }
  return patch;
}

function mergeList(
  itemSchema: string | undefined,
  rule: PatchRule,
  target: readonly unknown[],
  patch: readonly unknown[],
  field: string,
): unknown[] {
  if (patch.some((item) => isJsonObject(item) && item[PATCH] === 'replace' && Object.keys(item).length === 1)) {
    return patch.filter((item) => !(isJsonObject(item) && item[PATCH] === 'replace')).map(withoutNestedDirectives);
  }
  if (!rule.merge) return patch.map(withoutNestedDirectives);
  if (rule.mergeKey === undefined) return [...new Set([...target, ...patch])];
  const result = [...target];
  for (const item of patch) mergeItem(itemSchema, rule.mergeKey, result, item, field);
  return result;
}

/** Deletes, merges or appends one item of a list of objects, in place. */
function mergeItem(schema: string | undefined, mergeKey: string, items: unknown[], item: unknown, field: string): void {
  if (!isJsonObject(item))
    throw badRequest(`invalid patch: ${field} is a list of objects, got ${JSON.stringify(item)}`);
  const key = getOwn(item, mergeKey);
  if (key === undefined) {
    throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${mergeKey}`);
  }
  const same = (other: unknown): boolean => isJsonObject(other) && getOwn(other, mergeKey) === key;
  const index = items.findIndex(same);
  if (item[PATCH] === 'delete') {
    for (let at = items.length - 1; at >= 0; at -= 1) if (same(items[at])) items.splice(at, 1);
    return;
  }
  const existing = items[index];
  const merged = strategicMerge(schema, isJsonObject(existing) ? existing : {}, item);
  if (index >= 0) items[index] = merged;
  else items.push(merged);
}

/** `$deleteFromPrimitiveList/finalizers: [x]` */
function removeValues(result: JsonObject, field: string, values: unknown): void {
  if (!Array.isArray(values)) throw badRequest('invalid patch format of primitive list');
  const gone = new Set<unknown>(values);
  const items = getOwn(result, field);
  if (Array.isArray(items))
    setOwn(
      result,
      field,
      items.filter((item) => !gone.has(item)),
    );
}

function withoutDirectives(patch: JsonObject): JsonObject {
  const result: JsonObject = {};
  for (const [key, value] of Object.entries(patch)) {
    if (!isDirective(key) && value !== null) setOwn(result, key, withoutNestedDirectives(value));
  }
  return result;
}

function withoutNestedDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNestedDirectives);
  return isJsonObject(value) ? withoutDirectives(value) : copyJson(value);
}
