import { Optional } from '@marcbachmann/cel-js';
import { Duration } from '@marcbachmann/cel-js/evaluator';
import { CelFailure } from './cel-error.ts';
import { isJsonObject } from '../decode/json-value.ts';
import { parseDuration } from './duration.ts';

/** What a variable or a field is to an expression. */
export type CelType =
  | { readonly kind: ScalarKind }
  | { readonly kind: 'list'; readonly items: CelType }
  | { readonly kind: 'map'; readonly values: CelType }
  | { readonly kind: 'optional'; readonly of: CelType }
  | ObjectType
  /** A type by the library's own name (`list<int>`, `kubernetes.authorization.Authorizer`); values are passed as they are. */
  | { readonly kind: 'named'; readonly name: string };

export type ScalarKind =
  | 'bool'
  | 'bytes'
  | 'double'
  | 'duration'
  | 'dyn'
  | 'int'
  | 'null'
  | 'string'
  | 'timestamp'
  /** A number that JSON writes either way. */
  | 'uint';

export const DYN: CelType = { kind: 'dyn' };

/** The names that `type(x)` and error messages show. */
const SCALAR_NAMES: Readonly<Record<ScalarKind, string>> = {
  bool: 'bool',
  bytes: 'bytes',
  double: 'double',
  duration: 'google.protobuf.Duration',
  dyn: 'dyn',
  int: 'int',
  null: 'null',
  string: 'string',
  timestamp: 'google.protobuf.Timestamp',
  uint: 'uint',
};

/** An object whose fields are known. Each is a type of its own, by identity. Fields are added before it is used. */
export class ObjectType {
  readonly kind = 'object';
  /** By the name an expression uses, which may be escaped (`foo__dash__bar`). */
  readonly fields = new Map<string, { readonly name: string; readonly type: CelType }>();
  readonly #values = new WeakMap<object, CelObject>();
  /** The library tells types apart by constructor. */
  readonly ctor: new (type: ObjectType, raw: Readonly<Record<string, unknown>>) => CelObject =
    class extends CelObject {};

  constructor(
    /** Shown in errors: `Object.spec`. Letters, digits and dots. */
    readonly name: string,
  ) {}

  /** The value an expression sees. Of a raw object that can still change, another one each time. */
  valueOf(raw: Readonly<Record<string, unknown>>): CelObject {
    if (!Object.isFrozen(raw)) return new this.ctor(this, raw);
    let value = this.#values.get(raw);
    if (!value) this.#values.set(raw, (value = new this.ctor(this, raw)));
    return value;
  }
}

/** An object as expressions see it. Fields are made CEL values when they are first asked for. */
export class CelObject extends Map<string, unknown> {
  constructor(
    readonly type: ObjectType,
    readonly raw: Readonly<Record<string, unknown>>,
  ) {
    super();
  }

  override get(field: string): unknown {
    if (super.has(field)) return super.get(field);
    const declared = this.type.fields.get(field);
    if (!declared || !Object.hasOwn(this.raw, declared.name)) return undefined;
    const raw = this.raw[declared.name];
    const value = raw === undefined ? undefined : toCel(raw, declared.type);
    super.set(field, value);
    return value;
  }

  /** All fields that are there: what equality and cost walk over. */
  override *entries(): MapIterator<[string, unknown]> {
    for (const field of this.type.fields.keys()) {
      const value = this.get(field);
      if (value !== undefined) yield [field, value];
    }
  }

  override *values(): MapIterator<unknown> {
    for (const [, value] of this.entries()) yield value;
  }
}

/** The library's name of a type. */
export function nameOf(type: CelType): string {
  switch (type.kind) {
    case 'list':
      return `list<${nameOf(type.items)}>`;
    case 'map':
      return `map<string, ${nameOf(type.values)}>`;
    case 'optional':
      return `optional<${nameOf(type.of)}>`;
    case 'object':
    case 'named':
      return type.name;
    default:
      return SCALAR_NAMES[type.kind];
  }
}

/** All object types a type is made of, itself included. */
export function objectTypesIn(type: CelType, found = new Set<ObjectType>()): Set<ObjectType> {
  switch (type.kind) {
    case 'list':
      return objectTypesIn(type.items, found);
    case 'map':
      return objectTypesIn(type.values, found);
    case 'optional':
      return objectTypesIn(type.of, found);
    case 'object':
      if (found.has(type)) return found;
      found.add(type);
      for (const field of type.fields.values()) objectTypesIn(field.type, found);
      return found;
    default:
      return found;
  }
}

/** A JSON value as a value of the type. A value that is not of the type is passed on, and refused when it is used. */
export function toCel(value: unknown, type: CelType): unknown {
  if (type.kind === 'named') return value;
  if (type.kind === 'optional') return value === undefined ? Optional.none() : Optional.of(toCel(value, type.of));
  if (value === undefined || value === null) return null;
  switch (type.kind) {
    case 'list':
      return Array.isArray(value) ? value.map((item: unknown) => toCel(item, type.items)) : dynamic(value);
    case 'map':
      return isJsonObject(value)
        ? new Map(Object.entries(value).map(([key, item]) => [key, toCel(item, type.values)]))
        : dynamic(value);
    case 'object':
      return isJsonObject(value) ? type.valueOf(value) : dynamic(value);
    case 'double':
      return value;
    case 'bytes':
      return typeof value === 'string' ? new Uint8Array(Buffer.from(value, 'base64')) : dynamic(value);
    case 'timestamp':
      return typeof value === 'string' ? timeOf(value) : dynamic(value);
    case 'duration':
      return typeof value === 'string' ? parseDuration(value) : dynamic(value);
    default:
      return dynamic(value);
  }
}

function timeOf(text: string): Date {
  const time = new Date(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text);
  if (Number.isNaN(time.getTime())) throw new CelFailure(`Invalid date-time value: ${text}`);
  return time;
}

/** JSON as it is: whole numbers are ints, objects are maps. */
function dynamic(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(dynamic);
  if (value === undefined) return null;
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return new Map(Object.entries(value).map(([key, item]) => [key, dynamic(item)]));
}

/** The result of an expression as JSON: ints as numbers, times and durations as text, bytes as base64, an absent optional as undefined. */
export function toJson(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Optional) return value.hasValue() ? toJson(value.value()) : undefined;
  if (value instanceof Date) return value.toISOString().replace('.000Z', 'Z');
  if (value instanceof Duration) return String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value instanceof CelObject) return value.raw;
  if (Array.isArray(value)) return value.map(toJson);
  if (value instanceof Map)
    return Object.fromEntries([...(value as Map<unknown, unknown>)].map(([key, item]) => [String(key), toJson(item)]));
  if (isJsonObject(value))
    return Object.getPrototypeOf(value) === Object.prototype
      ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item)]))
      : String(value as unknown as string);
  return value;
}
