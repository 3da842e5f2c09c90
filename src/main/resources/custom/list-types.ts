import type { JsonSchema } from '../../../shared/api/custom-resource-definition.ts';
import { getOwn, isJsonObject, type JsonObject } from '../decode/json-value.ts';
import type { FieldError } from '../validation/field-error.ts';
import { duplicate, invalidValue } from '../validation/fields.ts';
import { childPath, indexPath, itemsOf, keyPath, propertyOf, valuesOf } from './schema-nodes.ts';

/** Items of `set` lists and keys of `map` lists are unique (apiextensions `listtype.ValidateListSetsAndMaps`). */
export function listTypeErrors(schema: JsonSchema, value: unknown, path: string): FieldError[] {
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    return [
      ...uniquenessErrors(schema, value, path),
      ...(items ? value.flatMap((item, index) => listTypeErrors(items, item, indexPath(path, index))) : []),
    ];
  }
  if (!isJsonObject(value)) return [];
  const values = valuesOf(schema);
  return Object.entries(value).flatMap(([name, member]) => {
    const property = propertyOf(schema, name);
    if (property) return listTypeErrors(property, member, childPath(path, name));
    return values ? listTypeErrors(values, member, keyPath(path, name)) : [];
  });
}

function uniquenessErrors(schema: JsonSchema, list: readonly unknown[], path: string): FieldError[] {
  switch (schema['x-kubernetes-list-type']) {
    case 'set':
      return repeated(list.map(canonical)).map((index) => duplicate(indexPath(path, index), list[index]));
    case 'map': {
      const wrong = list.findIndex((item) => item !== null && !isJsonObject(item));
      if (wrong >= 0)
        return [invalidValue(indexPath(path, wrong), list[wrong], 'must be an object for an array of list-type map')];
      const keys = list.map((item) => keysOf(item as JsonObject | null, schema['x-kubernetes-list-map-keys'] ?? []));
      return repeated(keys.map(canonical)).map((index) => duplicate(indexPath(path, index), keys[index]));
    }
    default:
      return [];
  }
}

const keysOf = (item: JsonObject | null, names: readonly string[]): JsonObject =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = item === null ? undefined : getOwn(item, name);
      return value === undefined ? [] : [[name, value]];
    }),
  );

/** Where a value comes for the second time; later ones are not told again. */
function repeated(values: readonly string[]): number[] {
  const times = new Map<string, number>();
  return values.flatMap((value, index) => {
    const seen = times.get(value) ?? 0;
    times.set(value, seen + 1);
    return seen === 1 ? [index] : [];
  });
}

/** A text that is the same for equal values. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
}
