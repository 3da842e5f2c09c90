import type { JsonSchema } from '../../../shared/api/custom-resource-definition.ts';
import { equalJson, getOwn, isJsonObject, type JsonObject } from '../decode/json-value.ts';
import type { FieldError } from '../validation/field-error.ts';
import { required } from '../validation/fields.ts';
import { childPath, indexPath, itemsOf, keyPath, META_FIELDS, propertyOf, valuesOf } from './schema-nodes.ts';
import { arrayErrors, enumErrors, numberErrors, objectErrors, stringErrors } from './value-rules.ts';

/**
 * Checks a value against an OpenAPI schema in the words of kube-openapi and apiextensions. With an `old` value, what is
 * wrong with parts that did not change is let through (upstream's CRDValidationRatcheting).
 */
export function validateValue(schema: JsonSchema, value: unknown, path: string, old?: unknown): FieldError[] {
  if (old !== undefined && equalJson(value, old)) return [];
  const mismatch = typeError(schema, value, path);
  if (mismatch) return [mismatch];
  if (value === null) return enumErrors(schema, value, path);
  return [...junctorErrors(schema, value, path), ...ownErrors(schema, value, path, old)];
}

function ownErrors(schema: JsonSchema, value: unknown, path: string, old: unknown): FieldError[] {
  const errors = enumErrors(schema, value, path);
  if (typeof value === 'string') return [...errors, ...stringErrors(schema, value, path)];
  if (typeof value === 'number') return [...errors, ...numberErrors(schema, value, path)];
  if (Array.isArray(value))
    return [...errors, ...arrayErrors(schema, value, path), ...itemErrors(schema, value, path, old)];
  if (isJsonObject(value))
    return [...errors, ...objectErrors(schema, value, path), ...memberErrors(schema, value, path, old)];
  return errors;
}

/** What JSON calls the type of a value. */
function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function typeError(schema: JsonSchema, value: unknown, path: string): FieldError | undefined {
  const types = schema['x-kubernetes-int-or-string'] ? ['integer', 'string'] : schema.type ? [schema.type] : [];
  const actual = typeName(value);
  if (actual === 'null' && schema.nullable === true) return undefined;
  const fits = types.includes(actual) || (actual === 'integer' && types.includes('number'));
  if (types.length === 0 || fits) return undefined;
  return {
    type: 'TypeInvalid',
    field: path,
    value: actual,
    detail: `${path} in body must be of type ${types.join(',')}: ${JSON.stringify(actual)}`,
  };
}

function itemErrors(schema: JsonSchema, list: readonly unknown[], path: string, old: unknown): FieldError[] {
  const items = itemsOf(schema);
  if (!items) return [];
  const before = itemsBefore(schema, old);
  return list.flatMap((item, index) => validateValue(items, item, indexPath(path, index), before(item)));
}

/** Finds what an item of a `map` list was: other lists have no identity to go by. */
export function itemsBefore(schema: JsonSchema, old: unknown): (item: unknown) => unknown {
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  if (!Array.isArray(old) || schema['x-kubernetes-list-type'] !== 'map' || keys.length === 0) return () => undefined;
  const keyOf = (item: unknown): string =>
    JSON.stringify(keys.map((key) => (isJsonObject(item) ? getOwn(item, key) : undefined) ?? null));
  const byKey = new Map(old.map((item: unknown) => [keyOf(item), item]));
  return (item) => byKey.get(keyOf(item));
}

function memberErrors(schema: JsonSchema, value: JsonObject, path: string, old: unknown): FieldError[] {
  const missing = (schema.required ?? [])
    .filter((name) => !Object.hasOwn(value, name))
    .map((name) => required(childPath(path, name)));
  const values = valuesOf(schema);
  const before = isJsonObject(old) ? old : {};
  const members = Object.entries(value).flatMap(([name, member]) => {
    if (path === '' && META_FIELDS.has(name) && name !== 'metadata') return [];
    const property = propertyOf(schema, name);
    const was = getOwn(before, name);
    if (property) return validateValue(property, member, childPath(path, name), was);
    return values
      ? validateValue(values, member, schema.properties ? childPath(path, name) : keyedPath(path, name), was)
      : [];
  });
  return [...missing, ...members];
}

/** go-openapi names entries of a map like fields. */
const keyedPath = (path: string, key: string): string =>
  /^[\w-]+$/.test(key) ? childPath(path, key) : keyPath(path, key);

/** A failed junctor carries no field of its own upstream. */
const junctor = (message: string): FieldError => ({ type: 'Invalid', field: '<nil>', value: '', detail: message });

function junctorErrors(schema: JsonSchema, value: unknown, path: string): FieldError[] {
  const name = JSON.stringify(path);
  const errors: FieldError[] = [];
  const check = (branch: JsonSchema): FieldError[] => validateValue(branch, value, path);
  if (schema.anyOf && !schema['x-kubernetes-int-or-string']) {
    const results = schema.anyOf.map(check);
    if (!results.some((found) => found.length === 0))
      errors.push(junctor(`${name} must validate at least one schema (anyOf)`), ...fewest(results));
  }
  if (schema.oneOf) {
    const results = schema.oneOf.map(check);
    const valid = results.filter((found) => found.length === 0).length;
    if (valid === 0)
      errors.push(
        junctor(`${name} must validate one and only one schema (oneOf). Found none valid`),
        ...fewest(results),
      );
    if (valid > 1)
      errors.push(junctor(`${name} must validate one and only one schema (oneOf). Found ${valid} valid alternatives`));
  }
  if (schema.allOf) {
    const failed = schema.allOf.flatMap(check);
    if (failed.length > 0) errors.push(...failed, junctor(`${name} must validate all the schemas (allOf)`));
  }
  if (schema.not && check(schema.not).length === 0) errors.push(junctor(`${name} must not validate the schema (not)`));
  return errors;
}

/** What the branch says that came closest. */
const fewest = (results: readonly FieldError[][]): FieldError[] =>
  results.reduce<FieldError[]>((best, found) => (best.length === 0 || found.length < best.length ? found : best), []);
