import { isJsonObject } from '../decode/json-value.ts';
import { schemaNamed } from '../schema/catalog.ts';
import {
  FIELDS_V1,
  INT_OR_STRING,
  MICRO_TIME,
  OBJECT_META,
  QUANTITY,
  TIME,
  refOf,
  type Schema,
} from '../schema/schema.ts';
import { ATOMIC_STRUCTS, isAtomicField, isGranularField, listRule, type ListRule } from './list-types.ts';
import { keyElement, valueElement, type ListKey } from './path-element.ts';

/**
 * How a value is taken apart into fields that can have owners of their own (structured-merge-diff's schema).
 * `leaf`: owned whole, a scalar or something atomic. `any`: no schema, so objects are taken apart and nothing else is.
 */
export type FieldType =
  | { readonly kind: 'leaf' }
  | { readonly kind: 'any' }
  | {
      readonly kind: 'struct';
      /** The type of a declared field. */
      field(name: string): FieldType | undefined;
      /** The type of fields that are not declared; undefined when there may be none. */
      readonly rest: FieldType | undefined;
    }
  | { readonly kind: 'map'; readonly values: FieldType }
  | { readonly kind: 'list'; readonly keys: readonly ListKey[]; readonly items: FieldType }
  | { readonly kind: 'set' };

export const LEAF_TYPE: FieldType = { kind: 'leaf' };
export const ANY_TYPE: FieldType = { kind: 'any' };
const SET_TYPE: FieldType = { kind: 'set' };

const SCALARS: ReadonlySet<string> = new Set([TIME, MICRO_TIME, QUANTITY, INT_OR_STRING, FIELDS_V1]);

const named = new Map<string, FieldType>();
const granular = new Map<string, FieldType>();

/** The type of a schema of the catalog. */
export function fieldTypeNamed(name: string): FieldType {
  let type = named.get(name);
  if (!type) {
    const schema = schemaNamed(name);
    const whole = SCALARS.has(name) || ATOMIC_STRUCTS.has(name) || !schema.properties;
    type = whole ? LEAF_TYPE : structOf(schema, name);
    named.set(name, type);
  }
  return type;
}

function granularTypeNamed(name: string): FieldType {
  const type = granular.get(name) ?? structOf(schemaNamed(name), name);
  granular.set(name, type);
  return type;
}

const written = new WeakMap<Schema, FieldType>();

/** The type of a custom resource's objects, by their schema; metadata is as everywhere, whatever the schema says. */
export function customFieldType(schema: Schema): FieldType {
  const known = written.get(schema);
  if (known) return known;
  const own = structOf(schema, undefined);
  const type: FieldType = {
    ...own,
    field(name) {
      if (name === 'metadata') return fieldTypeNamed(OBJECT_META);
      return name === 'apiVersion' || name === 'kind' ? LEAF_TYPE : own.field(name);
    },
  };
  written.set(schema, type);
  return type;
}

/** The type of a field, by its schema and the struct it is in (undefined for one that has no name). */
function typeOf(schema: Schema, owner: string | undefined, field: string): FieldType {
  const name = refOf(schema);
  if (name) return isGranularField(owner, field) ? granularTypeNamed(name) : fieldTypeNamed(name);
  if (schema['x-kubernetes-map-type'] === 'atomic') return LEAF_TYPE;
  switch (schema.type) {
    case 'array':
      return listOf(schema, markedRule(schema) ?? listRule(owner, field));
    case 'object':
      return objectOf(schema, owner, field);
    case undefined:
      return schema['x-kubernetes-preserve-unknown-fields'] ? ANY_TYPE : LEAF_TYPE;
    default:
      return LEAF_TYPE;
  }
}

function objectOf(schema: Schema, owner: string | undefined, field: string): FieldType {
  if (schema.properties) return structOf(schema, undefined);
  if (schema.additionalProperties) {
    if (isAtomicField(owner, field)) return LEAF_TYPE;
    return { kind: 'map', values: typeOf(schema.additionalProperties, undefined, '') };
  }
  // A RawExtension of a built-in kind is whole; what a custom resource leaves open is taken apart as it comes.
  return owner === undefined && schema['x-kubernetes-preserve-unknown-fields'] ? ANY_TYPE : LEAF_TYPE;
}

function structOf(schema: Schema, name: string | undefined): FieldType & { kind: 'struct' } {
  const fields = new Map<string, FieldType>();
  const { properties = {} } = schema;
  return {
    kind: 'struct',
    rest:
      schema['x-kubernetes-preserve-unknown-fields'] || schema['x-kubernetes-embedded-resource'] ? ANY_TYPE : undefined,
    field(field) {
      let type = fields.get(field);
      if (!type && Object.hasOwn(properties, field)) {
        type = typeOf(properties[field] ?? {}, name, field);
        fields.set(field, type);
      }
      return type;
    },
  };
}

/** What the schema itself says of a list. */
function markedRule(schema: Schema): ListRule | undefined {
  switch (schema['x-kubernetes-list-type']) {
    case 'atomic':
    case 'set':
      return schema['x-kubernetes-list-type'];
    case 'map':
      return [...(schema['x-kubernetes-list-map-keys'] ?? [])].sort().map((name) => {
        const fallback = schema.items?.properties?.[name]?.default;
        return fallback === undefined ? { name } : { name, default: fallback };
      });
    default:
      return undefined;
  }
}

function listOf(schema: Schema, rule: ListRule): FieldType {
  if (rule === 'atomic') return LEAF_TYPE;
  if (rule === 'set') return SET_TYPE;
  // Schemas may hold themselves, so an item's type is worked out when it is first needed.
  let items: FieldType | undefined;
  return {
    kind: 'list',
    keys: rule,
    get items() {
      return (items ??= typeOf(schema.items ?? {}, undefined, ''));
    },
  };
}

/** A value seen with its type: which of the three ways there are of taking it apart, if any, applies. */
export type Shape =
  | { kind: 'object'; type: FieldType; value: Record<string, unknown> }
  | { kind: 'items'; type: FieldType & { kind: 'list' | 'set' }; value: readonly unknown[] }
  | { kind: 'leaf' };

const LEAF_SHAPE: Shape = { kind: 'leaf' };

export function shapeOf(type: FieldType, value: unknown): Shape {
  switch (type.kind) {
    case 'struct':
    case 'map':
    case 'any':
      return isJsonObject(value) ? { kind: 'object', type, value } : LEAF_SHAPE;
    case 'list':
    case 'set':
      return Array.isArray(value) ? { kind: 'items', type, value } : LEAF_SHAPE;
    case 'leaf':
      return LEAF_SHAPE;
  }
}

/** The type of one field of an object. What a struct does not declare is owned whole when it is there all the same. */
export function memberType(type: FieldType, name: string): FieldType {
  if (type.kind === 'map') return type.values;
  if (type.kind === 'struct') return type.field(name) ?? type.rest ?? LEAF_TYPE;
  return ANY_TYPE;
}

/** Whether the field is one that the struct declares, and not an entry of a map. */
export const isDeclared = (type: FieldType, name: string): boolean =>
  type.kind === 'struct' && type.field(name) !== undefined;

/** What names an item of a list; undefined when nothing does (a missing key). */
export const itemElement = (type: FieldType & { kind: 'list' | 'set' }, item: unknown): string | undefined =>
  type.kind === 'list' ? keyElement(item, type.keys) : valueElement(item);

export const itemsType = (type: FieldType & { kind: 'list' | 'set' }): FieldType =>
  type.kind === 'list' ? type.items : LEAF_TYPE;
