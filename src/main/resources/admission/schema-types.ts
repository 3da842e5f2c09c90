import { DYN, ObjectType, type CelType } from '../cel/types.ts';
import { schemaNamed } from '../schema/catalog.ts';
import { INT_OR_STRING, QUANTITY, refOf, type Schema } from '../schema/schema.ts';

const types = new Map<string, CelType>();

/**
 * The CEL type of a built-in schema, for checking expressions against what a policy is about; made once each. What is
 * more than one JSON type (quantities, ports by name or number) is `dyn`, as upstream's is.
 */
export function celTypeNamed(name: string): CelType {
  const known = types.get(name);
  if (known) return known;
  const schema = schemaNamed(name);
  if (!schema.properties || name === QUANTITY || name === INT_OR_STRING) {
    const type = name === QUANTITY || name === INT_OR_STRING ? DYN : celTypeOf(schema);
    types.set(name, type);
    return type;
  }
  const type = new ObjectType(name);
  // Known before its fields are: some types have fields of their own type.
  types.set(name, type);
  for (const [field, property] of Object.entries(schema.properties))
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(field)) type.fields.set(field, { name: field, type: celTypeOf(property) });
  return type;
}

function celTypeOf(schema: Schema): CelType {
  const name = refOf(schema);
  if (name) return celTypeNamed(name);
  switch (schema.type) {
    case 'array':
      return { kind: 'list', items: schema.items ? celTypeOf(schema.items) : DYN };
    case 'object':
      return schema.additionalProperties ? { kind: 'map', values: celTypeOf(schema.additionalProperties) } : DYN;
    case 'string':
      return schema.format === 'date-time'
        ? { kind: 'timestamp' }
        : { kind: schema.format === 'byte' ? 'bytes' : 'string' };
    case 'integer':
      return { kind: 'int' };
    case 'number':
      return { kind: 'double' };
    case 'boolean':
      return { kind: 'bool' };
    default:
      return DYN;
  }
}
