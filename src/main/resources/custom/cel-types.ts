import type { JsonSchema } from '../../../shared/api/custom-resource-definition.ts';
import { ObjectType, type CelType } from '../cel/types.ts';
import { itemsOf, META_FIELDS, valuesOf } from './schema-nodes.ts';

const RESERVED = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * The name of a field in an expression: what CEL could not read is escaped (apiserver `cel.Escape`). Undefined for names
 * that cannot be written at all.
 */
function escapeName(name: string): string | undefined {
  if (RESERVED.has(name)) return `__${name}__`;
  const escaped = name
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__');
  return IDENTIFIER.test(escaped) ? escaped : undefined;
}

const STRING_FORMATS: Readonly<Record<string, CelType>> = {
  byte: { kind: 'bytes' },
  date: { kind: 'timestamp' },
  'date-time': { kind: 'timestamp' },
  duration: { kind: 'duration' },
};

/** Makes the CEL types of schemas, each node's once: types are told apart by identity (`model.SchemaDeclType`). */
export class CelTypes {
  readonly #types = new Map<JsonSchema, CelType | undefined>();
  readonly #names = new Set<string>();

  /** Undefined for a node that expressions cannot see: what has no type, because it is kept whatever it is. */
  of(schema: JsonSchema, isRoot: boolean, name = 'Object'): CelType | undefined {
    const known = this.#types.get(schema);
    if (known || this.#types.has(schema)) return known;
    const type = this.#make(schema, isRoot || schema['x-kubernetes-embedded-resource'] === true, name);
    // A value that may be null is of two types, which only `dyn` allows for.
    const seen = type && schema.nullable ? { kind: 'dyn' as const } : type;
    this.#types.set(schema, seen);
    return seen;
  }

  #make(schema: JsonSchema, isResource: boolean, name: string): CelType | undefined {
    if (schema['x-kubernetes-int-or-string']) return { kind: 'dyn' };
    switch (schema.type) {
      case 'array': {
        const items = itemsOf(schema);
        const type = items && this.of(items, false, `${name}.item`);
        return type && { kind: 'list', items: type };
      }
      case 'object': {
        const values = valuesOf(schema);
        if (values) {
          const type = this.of(values, false, `${name}.value`);
          return type && { kind: 'map', values: type };
        }
        return this.#object(schema, isResource, name);
      }
      case 'string':
        return STRING_FORMATS[schema.format ?? ''] ?? { kind: 'string' };
      case 'boolean':
        return { kind: 'bool' };
      case 'number':
        return { kind: 'double' };
      case 'integer':
        return { kind: 'int' };
      default:
        return undefined;
    }
  }

  #object(schema: JsonSchema, isResource: boolean, name: string): ObjectType {
    const type = new ObjectType(this.#unique(name));
    for (const [property, node] of Object.entries(schema.properties ?? {})) {
      if (isResource && META_FIELDS.has(property)) continue;
      const field = escapeName(property);
      const fieldType = field && this.of(node, false, `${name}.${field}`);
      if (field && fieldType) type.fields.set(field, { name: property, type: fieldType });
    }
    if (isResource) this.#addMeta(type, name);
    return type;
  }

  /** Of metadata, expressions see the name and nothing else (`WithTypeAndObjectMeta`). */
  #addMeta(type: ObjectType, name: string): void {
    const metadata = new ObjectType(this.#unique(`${name}.metadata`));
    metadata.fields.set('name', { name: 'name', type: { kind: 'string' } });
    metadata.fields.set('generateName', { name: 'generateName', type: { kind: 'string' } });
    type.fields.set('apiVersion', { name: 'apiVersion', type: { kind: 'string' } });
    type.fields.set('kind', { name: 'kind', type: { kind: 'string' } });
    type.fields.set('metadata', { name: 'metadata', type: metadata });
  }

  #unique(name: string): string {
    const plain = name.replace(/[^A-Za-z0-9.]/g, '');
    let unique = plain;
    for (let count = 2; this.#names.has(unique); count += 1) unique = `${plain}${count}`;
    this.#names.add(unique);
    return unique;
  }
}
