import { INT_OR_STRING, QUANTITY, refOf, type Schema } from '../schema/schema.ts';

/** A schema of OpenAPI v2 (Swagger): what v3 says, as far as v2 has words for it. */
export interface SchemaV2 {
  $ref?: string;
  description?: string;
  title?: string;
  type?: string;
  format?: string;
  default?: unknown;
  enum?: readonly unknown[];
  pattern?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: boolean;
  exclusiveMaximum?: boolean;
  multipleOf?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  minProperties?: number;
  maxProperties?: number;
  required?: readonly string[];
  properties?: Readonly<Record<string, SchemaV2>>;
  additionalProperties?: SchemaV2;
  items?: SchemaV2;
  [extension: `x-${string}`]: unknown;
}

const SAME = [
  ...['description', 'title', 'type', 'format', 'default', 'enum', 'pattern', 'minimum', 'maximum', 'multipleOf'],
  ...['exclusiveMinimum', 'exclusiveMaximum', 'minLength', 'maxLength', 'minItems', 'maxItems'],
  ...['minProperties', 'maxProperties', 'required'],
];

/** Types that v3 says with `oneOf`, which v2 lacks; upstream calls them texts. */
const TEXTS: Readonly<Record<string, SchemaV2>> = {
  [INT_OR_STRING]: { type: 'string', format: 'int-or-string' },
  [QUANTITY]: { type: 'string' },
};

const refV2 = (name: string): SchemaV2 => ({ $ref: `#/definitions/${name}` });

/** A definition: what a name stands for. */
export function definitionV2(name: string, schema: Schema): SchemaV2 {
  const text = TEXTS[name];
  return text ? { ...(schema.description ? { description: schema.description } : {}), ...text } : schemaV2(schema);
}

/**
 * The v2 form of a schema. Junctors and `nullable` are left out, and with them what clients would take too strictly: what
 * may be null has no type, what keeps unknown fields no properties (apiextensions `ToStructuralOpenAPIV2`).
 */
export function schemaV2(schema: Schema): SchemaV2 {
  const name = refOf(schema);
  if (name) return { ...(schema.description ? { description: schema.description } : {}), ...refV2(name) };
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema))
    if (SAME.includes(key) || key.startsWith('x-')) result[key] = value;
  const extensions = schema as { 'x-kubernetes-int-or-string'?: boolean; nullable?: boolean };
  if (extensions['x-kubernetes-int-or-string']) return { ...result, ...TEXTS[INT_OR_STRING] };
  if (extensions.nullable) {
    delete result['type'];
    return result;
  }
  if (schema['x-kubernetes-preserve-unknown-fields'] && !schema['x-kubernetes-group-version-kind']) {
    delete result['required'];
    return result;
  }
  return {
    ...result,
    ...(schema.properties
      ? {
          properties: Object.fromEntries(
            Object.entries(schema.properties).map(([field, property]) => [field, schemaV2(property)]),
          ),
        }
      : {}),
    ...(schema.additionalProperties ? { additionalProperties: schemaV2(schema.additionalProperties) } : {}),
    ...(schema.items ? { items: schemaV2(schema.items) } : {}),
  };
}
